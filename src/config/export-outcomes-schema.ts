// What every import of outcomes has in common in the configuration.
import { z } from 'zod';
import { BUILT_IN_METRICS, METRICS_ALSO_CALLED } from '../core/model-metrics.ts';
import { lifetime } from '../core/options.ts';

const MIN_EVERY_MS = 60_000;

export const outcomeImportFields = {
  every: lifetime
    .refine((ms) => ms >= MIN_EVERY_MS, 'must be at least "1m"')
    .optional()
    .describe('how often they are read (default 1h)'),
  overlap_days: z
    .number()
    .int()
    .min(1)
    .max(31)
    .optional()
    .describe(
      'how many days before today are read again each time, for what comes late; nothing counts twice (default 2)',
    ),
};

/** As posted outcomes name theirs. */
export const outcomeMetric = z
  .string()
  .regex(
    /^[a-z][a-z0-9_.-]{0,63}$/,
    'must be 1 to 64 lower-case letters, digits, "_", "." or "-", a letter first',
  )
  .refine(
    (name) =>
      !BUILT_IN_METRICS.has(name) &&
      !METRICS_ALSO_CALLED.has(name) &&
      !/^retention_\d+d$/.test(name),
    'is measured without outcomes: take another name',
  );
