// GatewayOptions: the request fields that are ours, on every dialect. They are read from the body's top level and from
// a literal `extra_body` object inside it (which wins), and never reach a provider as they stand.
import { z } from 'zod';
import { isObject, type Json, type JsonObject } from '../lib/json.ts';
import { GatewayError, invalid } from './errors.ts';

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNIT_MS: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** Deadlines are timers, which cannot run for weeks: hours and days are for what is kept. */
const LIFETIME_UNIT = /[hd]$/;
/** Shorter first-token deadlines would fail over on ordinary jitter. */
const MIN_TTFT_MS = 300;
/** Answers are not kept longer. */
const MAX_TTL_MS = 30 * 86_400_000;

/** `"800ms"`, `"10s"`, `"2m"` → milliseconds; null where it is not a duration. */
export function durationMs(text: string): number | null {
  const match = DURATION.exec(text);
  if (!match) return null;
  return Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 1));
}

/** How long something is kept: a duration that may also be in hours and days, parsed to milliseconds. */
export const lifetime = z.string().transform((text, context) => {
  const ms = durationMs(text);
  if (ms !== null && ms > 0) return ms;
  context.addIssue({ code: 'custom', message: 'must be a time such as "30m", "24h" or "30d"' });
  return z.NEVER;
});

/** A duration string, parsed to milliseconds. */
export const duration = z.string().transform((text, context) => {
  const ms = LIFETIME_UNIT.test(text) ? null : durationMs(text);
  if (ms !== null && ms > 0) return ms;
  context.addIssue({
    code: 'custom',
    message: 'must be a duration such as "800ms", "10s" or "2m"',
  });
  return z.NEVER;
});

/** Characters of the name of a model or a provider: no name is so long, and some local servers take settings in it. */
export const MAX_NAME = 8192;
const text = z.string().min(1).max(MAX_NAME);
/** What happens when a target is late, slow or breaks off. */
export const fallback = z.object({
  ttft_timeout: duration
    .refine((ms) => ms >= MIN_TTFT_MS, `must be at least "${MIN_TTFT_MS}ms"`)
    .optional()
    .describe('from dispatch to the first token; then the next candidate (at least 300ms)'),
  idle_timeout: duration.optional().describe('between two events of an answer that has begun'),
  min_tokens_per_second: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe('an answer slower than this is gone on with elsewhere, while there is an elsewhere'),
  total_timeout: duration.optional().describe('for the whole request, all attempts together'),
  mode: z
    .enum(['cancel', 'race'])
    .optional()
    .describe(
      'what ttft_timeout does: "cancel" the late one (default), or let it "race" with the next',
    ),
  resume: z
    .enum(['auto', 'off'])
    .optional()
    .describe('whether another candidate goes on with an answer that breaks off (default auto)'),
});

const provider = z.object({
  order: z.array(text).max(32).optional(),
  allow_fallbacks: z.boolean().optional(),
});
/** How long an answer is kept: a duration, or so many seconds; in milliseconds. */
const ttl = z
  .union(
    [
      lifetime,
      z
        .number()
        .positive()
        .transform((seconds) => seconds * 1000),
    ],
    'must be a time such as "10m", or a number of seconds above 0',
  )
  .refine((ms) => ms <= MAX_TTL_MS, 'must be at most "30d"');
export const cacheOptions = z.object({
  mode: z.enum(['off', 'exact', 'semantic']).optional(),
  ttl: ttl.optional(),
  threshold: z.number().min(0).max(1).optional(),
  namespace: z.string().min(1).max(256).optional(),
  shadow: z.boolean().optional(),
  replay: z.enum(['full_speed', 'paced']).optional(),
});

/** Prompt-cache marks set by the gateway: on the tools, the system prompt and the latest turn, as long as the caller set none. */
export const promptCaching = z.strictObject({
  mode: z.enum(['off', 'auto']),
  ttl: z.enum(['5m', '1h']).optional(),
});

/** One fact, one place: names, types and limits of our fields. */
export const gatewayOptions = z.object({
  models: z.array(text).max(32).optional(),
  ignore: z.array(text).max(256).optional(),
  sort: z.array(text).max(16).optional(),
  provider: provider.optional(),
  fallback: fallback.optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  prompt_variables: z.record(z.string(), z.unknown()).optional(),
  reasoning: z
    .object({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      max_tokens: z.number().int().min(0).nullish(),
      exclude: z.boolean().nullish(),
      enabled: z.boolean().nullish(),
    })
    .optional(),
  web_search: z.union([z.boolean(), z.record(z.string(), z.unknown())]).optional(),
  web_search_options: z.record(z.string(), z.unknown()).optional(),
  audio: z.record(z.string(), z.unknown()).nullish(),
  cache: cacheOptions.optional(),
  prompt_caching: promptCaching.optional(),
  strict: z.boolean().optional(),
});

export type GatewayOptions = z.output<typeof gatewayOptions>;
export type FallbackOptions = z.output<typeof fallback>;

/** Every top-level request field that is ours. `extra_body` is the envelope they may also come in. */
export const OUR_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(gatewayOptions.shape),
  'extra_body',
]);

/** Ours from end to end: no provider and no caller's library has members of its own in them. */
const CLOSED = Object.entries({ provider, fallback, cache: cacheOptions });

/**
 * Members of our own objects that are no option of ours, by path: `provider.only`. Other gateways have more of them, and
 * whoever writes one expects an effect that it does not have here.
 */
export function unknownMembers(body: JsonObject): string[] {
  const found: string[] = [];
  for (const [name, { shape }] of CLOSED) {
    const value = (isObject(body.extra_body) ? body.extra_body[name] : undefined) ?? body[name];
    if (!isObject(value)) continue;
    for (const member in value) if (!Object.hasOwn(shape, member)) found.push(`${name}.${member}`);
  }
  return found;
}

/** The options in a body. Throws `invalid_request` that names the field. */
export function readOptions(body: JsonObject): GatewayOptions {
  let found: { [field: string]: Json | undefined } | undefined;
  for (const field in body) {
    if (!OUR_FIELDS.has(field) || field === 'extra_body') continue;
    found ??= {};
    found[field] = body[field];
  }
  const extra = body.extra_body;
  if (extra !== undefined && extra !== null) {
    if (!isObject(extra)) {
      throw new GatewayError('invalid_request', 'extra_body must be an object', {
        param: 'extra_body',
      });
    }
    for (const field in extra) {
      if (!OUR_FIELDS.has(field)) continue;
      found ??= {};
      found[field] = extra[field];
    }
  }
  if (!found) return {};
  for (const field in found) if (found[field] === null) delete found[field];
  const parsed = gatewayOptions.safeParse(found);
  if (parsed.success) return consistent(parsed.data);
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? [])
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .slice(1);
  throw new GatewayError('invalid_request', `${path}: ${issue?.message ?? 'is not valid'}`, {
    param: path,
  });
}

/** The metadata of a request goes into its row of the log: so many bytes of JSON. */
const MAX_METADATA = 65_536;

/** Throws `invalid_request` where two options exclude each other, or one is too large. */
function consistent(options: GatewayOptions): GatewayOptions {
  const { web_search, web_search_options, metadata } = options;
  if (web_search !== undefined && web_search !== false && web_search_options !== undefined)
    throw invalid(
      'web_search',
      'and web_search_options exclude each other: the one is a tool of the gateway’s, the other the model’s own search',
    );
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA)
    throw invalid('metadata', `is larger than ${MAX_METADATA / 1024} KB as JSON`);
  return options;
}
