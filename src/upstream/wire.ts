// Which wire an attempt is made on, and where it goes: the dialect a candidate is spoken to in, its path and framing.
import type { DialectId, Framing, Target, UpstreamDialect } from '../core/dialect.ts';
import type { Candidate } from '../core/plan.ts';
import type { ModelRule } from '../core/provider.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { spliceObject } from '../lib/json-splice.ts';

/**
 * The dialect to speak to a candidate: the one wire its model is served on; else the caller's own, where the provider speaks
 * it, so that nothing is translated; else the one on which the model takes tools while it thinks; else the provider's usual one.
 * @param usesTools whether the call offers tools and lets the model think: asked for only where it matters.
 */
export function wireOf(
  candidate: Candidate,
  caller: DialectId,
  rule: ModelRule | null,
  usesTools: () => boolean,
): DialectId {
  const { provider } = candidate.configured;
  if (rule?.dialect !== undefined) return rule.dialect;
  if (caller === provider.dialect || provider.alsoSpeaks?.includes(caller) === true) return caller;
  return rule?.toolsDialect !== undefined && usesTools() ? rule.toolsDialect : provider.dialect;
}

type Headers = { readonly [name: string]: string };

/** What follows the base URL. */
export function pathOf(
  candidate: Candidate,
  dialect: UpstreamDialect,
  target: Target,
  stream: boolean,
): string {
  return hostedPath(candidate, dialect.path(target, stream), stream);
}

/** A path as the provider's host writes it. */
export function hostedPath(candidate: Candidate, path: string, stream: boolean): string {
  const { hosting } = candidate.configured.provider;
  if (hosting === undefined) return path;
  const template = stream ? (hosting.streamPath ?? hosting.path) : hosting.path;
  return template
    .replaceAll('{model}', encodeURIComponent(candidate.model))
    .replaceAll('{path}', path);
}

export function framingOf(candidate: Candidate, dialect: UpstreamDialect): Framing {
  return candidate.configured.provider.hosting?.framing ?? dialect.framing;
}

/** The body as this host wants it: the fields cut that stand elsewhere, those added that every request needs. */
export function hosted(
  body: string,
  candidate: Candidate,
  forwarded: Headers | null = null,
): string {
  const { dropFields, addFields, headerFields } = candidate.configured.provider.hosting ?? {};
  if (dropFields === undefined && addFields === undefined) return body;
  const set = new Map(
    members(addFields ?? {}).map(([name, value]) => [name, JSON.stringify(value)] as const),
  );
  for (const [header, field] of Object.entries(headerFields ?? {})) {
    const value = forwarded?.[header];
    if (value !== undefined) set.set(field, JSON.stringify(value.split(',').map(trimmed)));
  }
  return spliceObject(body, { remove: new Set(dropFields ?? []), set });
}

/** The caller's headers that go on, without those that travel in the body. */
export function headersTo(candidate: Candidate, forwarded: Headers | null): Headers | null {
  const { headerFields } = candidate.configured.provider.hosting ?? {};
  if (forwarded === null || headerFields === undefined) return forwarded;
  const kept = Object.entries(forwarded).filter(([header]) => !Object.hasOwn(headerFields, header));
  return Object.fromEntries(kept);
}

function trimmed(text: string): string {
  return text.trim();
}

function members(object: JsonObject): [string, Json][] {
  return Object.entries(object).filter(
    (member): member is [string, Json] => member[1] !== undefined,
  );
}
