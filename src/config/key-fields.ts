// The fields a virtual key is written in, for the file, the API and the command line.
import { z } from 'zod';
import { cacheOptions } from '../core/options.ts';
import { limitFields } from './limit-fields.ts';

const MAX_PATTERNS = 1000;
const MAX_LABELS = 64;
const MAX_METADATA_CHARS = 16_384;

/** As a router's name stands in a request, or alone. */
const ROUTER_PATTERN = /^(?:(?:router|inworld)\/)?(?:\*|[a-z0-9][a-z0-9._-]{0,99})$/;

export const keyName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'may have 200 characters at most');

export const keyRole = z.enum(['admin', 'inference']);

const allowedModels = z
  .array(z.string().trim().min(1, 'must not be empty').max(200))
  .max(MAX_PATTERNS)
  .nullable()
  .optional()
  .describe('"openai/gpt-5.2", "openai/*", a bare model for all its hosts, "*"; none: every model');

const allowedRouters = z
  .array(
    z
      .string()
      .trim()
      .regex(ROUTER_PATTERN, 'must be a router such as "voice" or "router/voice", or "*" for all'),
  )
  .max(MAX_PATTERNS)
  .nullable()
  .optional()
  .describe(
    '"voice", "router/voice", "*": they alone decide about routers; none: allowed_models does',
  );

const isoTime = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** Parsed to Unix milliseconds. */
const expiresAt = z
  .string()
  .refine(
    (text) => isoTime.safeParse(text).success,
    'must be an ISO 8601 time such as "2027-01-31T00:00:00Z"',
  )
  .transform((text) => Date.parse(text))
  .nullable()
  .optional()
  .describe('an ISO 8601 time; from then on the key is refused');

const labels = z
  .record(
    z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
        'must be up to 63 letters, digits, "-", "_", "."',
      ),
    z.string().max(200, 'may have 200 characters at most'),
  )
  .refine((all) => Object.keys(all).length <= MAX_LABELS, `may be ${MAX_LABELS} at most`)
  .nullable()
  .optional()
  .describe('your own words for it: { team: search }');

const metadata = z
  .record(z.string(), z.json())
  .refine(
    (value) => JSON.stringify(value).length <= MAX_METADATA_CHARS,
    `may be ${MAX_METADATA_CHARS} characters of JSON at most`,
  )
  .nullable()
  .optional()
  .describe('kept with the key and shown with it');

export const keyFields = {
  allowed_models: allowedModels,
  allowed_routers: allowedRouters,
  enabled: z.boolean().optional().describe('false: refused until it is switched on (default true)'),
  ...limitFields,
  user_limits: z
    .strictObject(limitFields)
    .nullable()
    .optional()
    .describe('the same for each user of this key by themselves'),
  expires_at: expiresAt,
  labels,
  metadata,
  log_bodies: z
    .boolean()
    .nullable()
    .optional()
    .describe('true: bodies of its requests are kept in the log; false: never'),
  cache: z
    .strictObject(cacheOptions.shape)
    .nullable()
    .optional()
    .describe('what its requests that say nothing of the cache get: as the request field'),
};

const everyField = z.object(keyFields);
/** Absent: not said. Null: none. */
export type KeyFields = z.output<typeof everyField>;
