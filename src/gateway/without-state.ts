// What one maker signed or encrypted another refuses, and nothing in it tells beforehand whose it is: a conversation that moved
// between hosts of one wire is asked again without it.
import type { ChatCall, Part } from '../core/call.ts';
import type { UpstreamDialect } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import { once } from '../lib/once.ts';
import { type Inbound, restated } from './inbound.ts';

export interface Stateless {
  readonly inbound: Inbound;
  readonly losses: readonly string[];
}

/** The request without reasoning state, its own and what was put back into it; null where that was not what was refused, or the caller wants all or nothing. */
export function withoutRefusedState(
  inbound: Inbound,
  dialect: UpstreamDialect,
  thrown: unknown,
  restored: boolean,
): Stateless | null {
  if (inbound.options.strict === true || !(thrown instanceof GatewayError)) return null;
  if (dialect.refusesState?.(thrown) !== true) return null;
  const { memory: _, ...rest } = inbound;
  if (dialect.id !== inbound.dialect.id) {
    const { call, losses } = stateless(inbound.call());
    if (losses.length === 0 && !restored) return null;
    return { inbound: { ...rest, call: once(() => call) }, losses };
  }
  const reduced = inbound.dialect.withoutState?.(inbound.body) ?? null;
  if (reduced === null) return restored ? { inbound: rest, losses: [] } : null;
  const { body, losses } = reduced;
  return { inbound: restated(rest, { text: JSON.stringify(body), body }), losses };
}

function stateless(call: ChatCall): { readonly call: ChatCall; readonly losses: string[] } {
  const losses: string[] = [];
  const messages = call.messages.map((message) => {
    const parts = message.parts.filter((part, at) => {
      if (!isState(part)) return true;
      losses.push(`${message.path}.content[${at}]: reasoning dropped; the provider refused it`);
      return false;
    });
    return parts.length === message.parts.length ? message : { ...message, parts };
  });
  return { call: { ...call, messages: messages.filter(({ parts }) => parts.length > 0) }, losses };
}

function isState(part: Part): boolean {
  return (
    part.type === 'redacted-reasoning' ||
    (part.type === 'reasoning' && part.signature !== undefined)
  );
}
