// What the configuration says of the request log.
import { z } from 'zod';
import { lifetime } from '../core/options.ts';
import { size } from './size.ts';

export const log = z
  .strictObject({
    retention: lifetime
      .optional()
      .describe('how long rows are kept; they go by whole days, UTC (default 90d)'),
    usage_retention: lifetime
      .optional()
      .describe('how long their sums by hour, day and week are kept (default 800d)'),
    spool: z
      .strictObject({
        max_bytes: size
          .optional()
          .describe('of rows on disk that the database has not taken yet (default 1GB)'),
      })
      .optional(),
    bodies: z
      .strictObject({
        keep: z
          .boolean()
          .optional()
          .describe(
            'true: of every request; else of keys and routers that ask for it (default false)',
          ),
        retention: lifetime.optional().describe('how long they are kept (default 7d)'),
        max_size: size.optional().describe('of one body; the rest is cut off (default 1MB)'),
        redact: z
          .array(z.string().min(1))
          .optional()
          .describe(
            'what is blotted out before they are kept: built-in names (email, phone, credit_card, iban, ssn, ipv4, api_keys, base64) and RE2 patterns (default [api_keys])',
          ),
        drop: z
          .array(z.string().min(1))
          .optional()
          .describe(
            'members that go whole, by their paths: "metadata.email", "messages[*].content"',
          ),
      })
      .optional(),
  })
  .describe('The request log. With DATABASE_URL it is kept in PostgreSQL, else in files by day.');
