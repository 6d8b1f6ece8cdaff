// What is said of a message names its place in the request as its caller wrote it, not among those a router put in.
import type { ChatCall } from '../core/call.ts';
import { asArray, asObject, type Json, type JsonObject } from '../lib/json.ts';

/** A path in the request as it is sent → the caller's own. */
export type OwnPath = (path: string) => string;

const MESSAGE = /^messages\[(\d+)\]/;
const PUT = 'router message_templates';

/** Undefined where every message stands where it stood. */
export function ownPaths(asked: JsonObject, sent: JsonObject): OwnPath | undefined {
  const own = messagesOf(asked);
  const all = messagesOf(sent);
  const added = all.length - own.length;
  if (added === 0) return undefined;
  // The caller's instructions may stand between the router's and its other messages; they are never cut.
  const found = own.length === 0 ? -1 : all.indexOf(own[0] as Json);
  const first = found === -1 ? added : found;
  let turn = first;
  while (first < added && turn < all.length && all[turn] === own[turn - first]) turn += 1;
  return (path) =>
    path.replace(MESSAGE, (_, digits: string) => {
      const at = Number(digits);
      if (at >= first && at < turn) return `messages[${at - first}]`;
      return at >= turn - first + added ? `messages[${at - added}]` : PUT;
    });
}

/** The call, told of by the caller's own paths. */
export function withOwnPaths(call: ChatCall, pathOf: OwnPath | undefined): ChatCall {
  if (pathOf === undefined) return call;
  const messages = call.messages.map((message) => ({ ...message, path: pathOf(message.path) }));
  const extra = Object.entries(call.extra).map(([wire, fields]) => {
    const named = Object.entries(fields ?? {}).map(([name, value]) => [pathOf(name), value]);
    return [wire, Object.fromEntries(named)];
  });
  return { ...call, messages, extra: Object.fromEntries(extra) };
}

function messagesOf({ messages, extra_body: envelope }: JsonObject): readonly Json[] {
  return asArray(asObject(envelope)?.messages ?? messages);
}
