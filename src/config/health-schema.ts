// The configuration of health: when a target is left alone, and for how long.
import { z } from 'zod';
import { duration } from '../core/options.ts';

const rate = z.number().gt(0).max(1);

export const health = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .describe('false: it is only counted, and nothing is asked last (default true)'),
    window: duration.optional().describe('how far back calls count (default 30s)'),
    min_failures: z
      .int()
      .positive()
      .optional()
      .describe('a model is left alone from so many failures on (default 10) …'),
    failure_rate: rate
      .optional()
      .describe('… if they are at least this part of the calls (default 0.5)'),
    open_for: duration
      .optional()
      .describe('how long, then one request finds out; doubled when that fails (default 5s)'),
    max_open_for: duration.optional().describe('the longest of these times (default 2m)'),
    cool_after: z
      .int()
      .positive()
      .optional()
      .describe('so many 429s in a row without Retry-After (default 5; with one: the first) …'),
    cool_for: duration
      .optional()
      .describe('… are left alone for this long; doubled with each more (default 1s)'),
    max_cool_for: duration.optional().describe('the longest of these times (default 60s)'),
    key_cool_for: duration
      .optional()
      .describe('after one of several keys was refused: 401, 402, 403 (default 30s)'),
    degraded_rate: rate
      .optional()
      .describe('behind bare names, others go first from this rate of failures on (default 0.2) …'),
    degraded_calls: z
      .int()
      .positive()
      .optional()
      .describe('… of at least so many calls (default 10)'),
  })
  .describe('When a provider, model or key that fails is asked last, and for how long.');
