// What the configuration says of the audit trail.
import { z } from 'zod';
import { lifetime } from '../core/options.ts';

const DAY_MS = 86_400_000;
/** Nobody empties it to hide what was done today. */
const SHORTEST_DAYS = 30;

export const audit = z
  .strictObject({
    retention: lifetime
      .refine((ms) => ms >= SHORTEST_DAYS * DAY_MS, `must be at least ${SHORTEST_DAYS}d`)
      .optional()
      .describe('how long entries are kept, at least 30d (default: for good)'),
  })
  .describe('The audit trail: who changed what.');
