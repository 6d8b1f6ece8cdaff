// The fields of a key as options of a command, and the options given as the fields of the API.
import { cacheWords } from '../core/cache-header.ts';
import type { KeyRecord } from '../core/key.ts';
import type { Limits } from '../core/limits.ts';
import { durationMs } from '../core/options.ts';
import type { JsonObject } from '../lib/json.ts';
import { type LimitFlags, limitFieldsOf, limitFlags, NONE } from './limit-flags.ts';
import { exitWith } from './settings.ts';

const text = (description: string) => ({ type: 'string', description }) as const;

export const keyFlags = {
  models: text('allowed models, separated by commas: "openai/*,gpt-oss-120b"; "none": every model'),
  routers: text(
    'allowed routers, separated by commas: "voice,support" or "*"; "none": as --models',
  ),
  ...limitFlags,
  'user-budget': text('the same for each user of the key by themselves'),
  'user-rpm': text('requests a minute of each user'),
  'user-tpm': text('tokens a minute of each user'),
  'user-concurrent': text('requests of each user under way at once'),
  labels: text('your own words for it, separated by commas: "team=search,stage=live"'),
  expires: text('an ISO 8601 time, a duration from now on such as 30d, or "none"'),
  'log-bodies': {
    type: 'boolean',
    description: 'keep the bodies of its requests in the log (--no-log-bodies: never)',
  },
  cache: text(
    'what its requests that say nothing of the cache get: "off", "exact; ttl=10m"; or "none"',
  ),
} as const;

export interface KeyFlags extends LimitFlags {
  readonly models?: string | undefined;
  readonly routers?: string | undefined;
  readonly 'user-budget'?: string | undefined;
  readonly 'user-rpm'?: string | undefined;
  readonly 'user-tpm'?: string | undefined;
  readonly 'user-concurrent'?: string | undefined;
  readonly labels?: string | undefined;
  readonly expires?: string | undefined;
  readonly 'log-bodies'?: boolean | undefined;
  readonly cache?: string | undefined;
}

/**
 * What the options say, as a body of the API; what they do not name is not in it. A rate that is named changes that rate
 * and leaves the others of `before` as they are.
 */
export function keyFieldsOf(
  flags: KeyFlags,
  before: Pick<KeyRecord, 'limits' | 'userLimits'>,
  now: number,
): JsonObject {
  const ofUsers = userFields(flags, before.userLimits);
  return {
    ...(flags.models === undefined ? {} : { allowed_models: namesIn(flags.models) }),
    ...(flags.routers === undefined ? {} : { allowed_routers: namesIn(flags.routers) }),
    ...limitFieldsOf(flags, before.limits),
    ...(ofUsers === null ? {} : { user_limits: ofUsers }),
    ...(flags.labels === undefined ? {} : { labels: labelsIn(flags.labels) }),
    ...(flags.expires === undefined ? {} : { expires_at: timeIn(flags.expires, now) }),
    ...(flags['log-bodies'] === undefined ? {} : { log_bodies: flags['log-bodies'] }),
    ...(flags.cache === undefined ? {} : { cache: cacheIn(flags.cache) }),
  };
}

/** The whole of them, for the API replaces them whole. Null: no option names any. */
function userFields(flags: KeyFlags, before: Limits): JsonObject | null {
  const given: LimitFlags = {
    budget: flags['user-budget'],
    rpm: flags['user-rpm'],
    tpm: flags['user-tpm'],
    concurrent: flags['user-concurrent'],
  };
  if (Object.values(given).every((value) => value === undefined)) return null;
  return limitFieldsOf(given, before, { whole: true, prefix: 'user-' });
}

function namesIn(list: string): readonly string[] | null {
  if (list === NONE) return null;
  return list.split(',').map((name) => name.trim());
}

function cacheIn(line: string): JsonObject | null {
  return line === NONE ? null : cacheWords(line, '--cache');
}

function labelsIn(list: string): JsonObject | null {
  if (list === NONE) return null;
  const pairs = list.split(',').map((part) => {
    const [name = '', value] = part.trim().split(/=(.*)/s);
    if (name === '' || value === undefined)
      exitWith([`--labels: "${part.trim()}" is not such as team=search.`]);
    return [name, value];
  });
  return Object.fromEntries(pairs);
}

function timeIn(written: string, now: number): string | null {
  if (written === NONE) return null;
  const duration = durationMs(written);
  const at = duration === null ? Date.parse(written) : now + duration;
  if (Number.isFinite(at)) return new Date(at).toISOString();
  return exitWith([`"${written}" is not a time such as 2027-01-31T00:00:00Z or 30d.`]);
}
