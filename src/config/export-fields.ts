// What every export's settings have, whatever its type.
import { z } from 'zod';
import { lifetime } from '../core/options.ts';
import { size } from './size.ts';

/** Spread them into the schema of a type. */
export const exportFields = {
  filter: z
    .strictObject({
      models: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('only requests that these answered, or that asked for them; "provider/*" too'),
      routers: z.array(z.string().min(1)).min(1).optional().describe('only requests to these'),
      keys: z.array(z.string().min(1)).min(1).optional().describe('only of these virtual keys'),
      endpoints: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('only these: chat.completions, messages, …'),
      outcome: z.enum(['ok', 'error', 'aborted']).optional().describe('only these'),
      sample: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe('this part of the requests, chosen by their ids (default 1: all)'),
    })
    .optional(),
  user: z
    .enum(['plain', 'hashed', 'none'])
    .optional()
    .describe('how callers’ users are named there: hashed is SHA-256, in hex (default plain)'),
  user_hash_key: z
    .string()
    .min(8)
    .optional()
    .describe('with user: hashed, HMAC-SHA-256 with this key in place of the plain hash'),
  drop: z
    .array(
      z
        .string()
        .regex(
          /^(metadata(\..+)?|facts|attempts|losses|reasoning|error\.message|key_id|trace_id)$/,
          'must be metadata, metadata.<key>, facts, attempts, losses, reasoning, error.message, key_id or trace_id',
        ),
    )
    .optional()
    .describe('what stays here: metadata, metadata.email, facts, attempts, error.message, …'),
  batch: z
    .strictObject({
      rows: z.int().min(1).max(100_000).optional().describe('at most in one batch'),
      bytes: size.optional().describe('of JSON at most in one batch'),
      age: lifetime.optional().describe('how long the first row waits for others'),
    })
    .optional()
    .describe('smaller batches than the type’s own'),
} as const;
