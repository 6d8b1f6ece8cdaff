// Which wire an attempt is made on, and where it goes: the dialect a candidate is spoken to in, its path and framing.
import type { DialectId, Framing, Target, UpstreamDialect } from '../core/dialect.ts';
import type { Candidate } from '../core/plan.ts';
import type { ModelRule } from '../core/provider.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { spliceObject } from '../lib/json-splice.ts';

/**
 * The dialect to speak to a candidate: the one wire its model is served on; else the caller's own, where the provider
 * speaks it, so that nothing is translated; else the provider's usual one.
 */
export function wireOf(candidate: Candidate, caller: DialectId, rule: ModelRule | null): DialectId {
  const { provider } = candidate.configured;
  if (rule?.dialect !== undefined) return rule.dialect;
  return provider.alsoSpeaks?.includes(caller) === true ? caller : provider.dialect;
}

/** What follows the base URL. */
export function pathOf(
  candidate: Candidate,
  dialect: UpstreamDialect,
  target: Target,
  stream: boolean,
): string {
  const path = dialect.path(target, stream);
  const { hosting } = candidate.configured.provider;
  if (hosting === undefined) return path;
  const template = stream ? (hosting.streamPath ?? hosting.path) : hosting.path;
  return template
    .replaceAll('{model}', encodeURIComponent(target.model))
    .replaceAll('{path}', path);
}

export function framingOf(candidate: Candidate, dialect: UpstreamDialect): Framing {
  return candidate.configured.provider.hosting?.framing ?? dialect.framing;
}

/** The body as this host wants it: the fields cut that stand elsewhere, those added that every request needs. */
export function hosted(body: string, candidate: Candidate): string {
  const { dropFields, addFields } = candidate.configured.provider.hosting ?? {};
  if (dropFields === undefined && addFields === undefined) return body;
  return spliceObject(body, {
    remove: new Set(dropFields ?? []),
    set: new Map(members(addFields ?? {}).map(([name, value]) => [name, JSON.stringify(value)])),
  });
}

function members(object: JsonObject): [string, Json][] {
  return Object.entries(object).filter(
    (member): member is [string, Json] => member[1] !== undefined,
  );
}
