// The cache's section of the configuration.
import { z } from 'zod';
import { lifetime } from '../core/options.ts';
import { size } from './size.ts';

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
      .describe('false: answers are gone when the gateway stops (default true)'),
    max_bytes: size.optional().describe('all answers together (default 64MB)'),
    max_entries: z.int().positive().optional().describe('default 100000'),
    max_entry: size.optional().describe('larger answers are not kept (default 1MB)'),
    max_request: size
      .optional()
      .describe('answers to larger requests are not kept (default 256KB)'),
  })
  .describe('Answers that are given again: docs/guides/caching.md.');
