// /router/v1/cache: what is kept and what it was worth; dropping answers; why a request would or would not be answered from it.
import type { AnswerFilter } from '../cache/answer-store.ts';
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import { dropAnswers } from '../gateway/caching/drop-answers.ts';
import { explainCache, keyAskedAbout } from '../gateway/caching/explain-cache.ts';
import type { CacheSettings } from '../gateway/caching/settings.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { objectIn } from './object-in.ts';

type Query = { readonly [name: string]: string };

const NANO_PER_DOLLAR = 1e9;

export function getCache(gateway: Gateway): Response {
  const { cache } = gateway.snapshot();
  return Response.json({
    ...toldRequests(gateway),
    settings: toldSettings(cache),
    answers: toldAnswers(gateway, cache),
    semantic: gateway.answers.semantic.report(),
  });
}

function toldRequests({ saved }: Gateway): JsonObject {
  const { since, hits, misses, bypassed, unpriced, ...rest } = saved();
  const all = hits.exact + hits.semantic + hits.shared;
  return {
    since: new Date(since).toISOString(),
    requests: {
      hits,
      misses,
      bypassed,
      hit_rate: all + misses === 0 ? null : all / (all + misses),
    },
    saved: {
      usd: rest.savedNano / NANO_PER_DOLLAR,
      input_tokens: rest.savedInputTokens,
      output_tokens: rest.savedOutputTokens,
      unpriced_requests: unpriced,
    },
  };
}

function toldSettings(settings: CacheSettings): JsonObject {
  const { mode, ttlMs, coalesces, perUser, paced, persists, shares } = settings;
  return {
    mode,
    ttl_s: ttlMs / 1000,
    coalesce: coalesces,
    per_user: perUser,
    replay: paced ? 'paced' : 'full_speed',
    persist: persists,
    shared: shares,
  };
}

function toldAnswers({ answers }: Gateway, settings: CacheSettings): JsonObject {
  const { entries, bytes, evicted, expired, behind, failures, trouble } = answers.store.figures();
  return {
    entries,
    max_entries: settings.maxEntries,
    bytes,
    max_bytes: settings.maxBytes,
    max_entry_bytes: settings.maxEntryBytes,
    max_request_chars: settings.maxRequestChars,
    evicted,
    expired,
    being_made: answers.flights.size,
    store: behind === 'nothing' ? 'memory' : behind,
    store_failures: failures,
    trouble,
  };
}

const FILTERS = ['key', 'user', 'namespace', 'model'] as const;
const KNOWN: readonly string[] = [...FILTERS, 'all'];

/** An operator drops whatever is named; who has another key, what is its own. */
export async function dropCache(
  gateway: Gateway,
  query: Query,
  key: KeyRecord,
  by: Actor,
): Promise<Response> {
  const asked = filterIn(query);
  const filter = key.role === 'admin' ? asked : ownOf(key, asked);
  const shown = shownFilter(filter);
  const target = FILTERS.map((name) => [name, shown[name]])
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  const entry = { by, action: 'cache.drop', target: target || 'all', before: null };
  // What was given to nobody is lost to nobody: it is asked for again. So it is done first, and told with how many they were.
  const dropped = await dropAnswers(gateway.answers, filter);
  const audit = { ...entry, after: { filter: shown, dropped } };
  await (key.role === 'admin' ? gateway.audit.write(audit) : gateway.audit.hourly(audit));
  return Response.json({ filter: shown, dropped, ...noteOn(filter, gateway) });
}

function filterIn(query: Query): AnswerFilter {
  for (const [name, value] of Object.entries(query)) {
    if (!KNOWN.includes(name))
      throw invalid(
        name,
        `says nothing of which answers to drop; known are ${KNOWN.join(', ')}.${didYouMean(name, KNOWN)}`,
      );
    if (value === '') throw invalid(name, 'must not be empty');
  }
  const { key, user, namespace, model, all } = query;
  if (all !== undefined && all !== 'true') throw invalid('all', 'must be "true", or not be there');
  const filter: AnswerFilter = {
    ...(key === undefined ? {} : { tenant: key }),
    ...(user === undefined ? {} : { user }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(model === undefined ? {} : { model }),
  };
  const names = Object.keys(filter).length > 0;
  if (names && all !== undefined)
    throw invalid('all', 'and a filter contradict each other: name one of the two');
  if (!names && all === undefined)
    throw invalid(
      'all',
      'is missing: name which answers to drop (key, user, namespace, model), or all=true for every one',
    );
  return filter;
}

/** Throws `forbidden` where another's are meant. */
function ownOf({ id }: KeyRecord, filter: AnswerFilter): AnswerFilter {
  if (filter.tenant !== undefined && filter.tenant !== id)
    throw new GatewayError(
      'forbidden',
      'This key may drop its own answers only. Leave "key" out, or use an admin key.',
    );
  return { ...filter, tenant: id };
}

function shownFilter({ tenant, user, namespace, model }: AnswerFilter) {
  return {
    ...(tenant === undefined ? {} : { key: tenant }),
    ...(user === undefined ? {} : { user }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(model === undefined ? {} : { model }),
  };
}

/** Somebody who is to be forgotten must not be told that nothing was kept. */
function noteOn({ user }: AnswerFilter, gateway: Gateway): { readonly note?: string } {
  if (user === undefined || gateway.snapshot().cache.perUser) return {};
  return {
    note: 'cache.per_user is not set: answers are kept for a key, whichever of its users asked, and are not found by user. Drop those of the key.',
  };
}

/** Asks nobody. @param query `key`: whose request it would be; else the asker's own */
export async function explainCached(
  gateway: Gateway,
  query: Query,
  asking: { readonly text: string; readonly headers: Headers; readonly by: KeyRecord },
): Promise<Response> {
  const unknown = Object.keys(query).find((name) => name !== 'key');
  if (unknown !== undefined) throw invalid(unknown, 'is not known here; known is key');
  const { text, headers, by } = asking;
  const key = query.key === undefined ? by : keyAskedAbout(gateway, query.key);
  const body = objectIn(text);
  const id = headers.get('x-generation-id') ?? Bun.randomUUIDv7();
  return Response.json(await explainCache({ text, body, headers, key, id }, gateway));
}
