// The operator's own metrics: figures of models by which requests may be sorted. For the file and for the API.
import { z } from 'zod';
import { BUILT_IN_METRICS, METRICS_ALSO_CALLED } from '../core/model-metrics.ts';

const BUILT_IN: ReadonlySet<string> = new Set([
  ...BUILT_IN_METRICS.keys(),
  ...METRICS_ALSO_CALLED.keys(),
]);

/** What the gateway measures itself of every experiment. */
const AUTOMATIC = /^retention_\d+d$/;

/** As a `sort` names it. */
export const metricName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'must be lower-case letters, digits, ".", "-" or "_", at most 64',
  )
  .refine(
    (name) => !BUILT_IN.has(name),
    'is built in: "scores" of an entry in "models" replaces intelligence, math and coding; the others are measured',
  )
  .refine((name) => !AUTOMATIC.test(name), 'is measured by the gateway itself: take another name');

export const metricFields = {
  direction: z.enum(['higher', 'lower']).describe('which end is better'),
  values: z
    .record(z.string().min(1).max(300), z.number())
    .refine((values) => Object.keys(values).length <= 10_000, 'may name 10,000 models at most')
    .optional()
    .describe(
      'by "provider/model", or by a bare model for all its hosts; none for a metric that is posted as outcomes',
    ),
};

export const metrics = z
  .record(metricName, z.strictObject(metricFields))
  .describe('Metrics of your own to sort by: a number for each model.');

const score = z.number().min(0).max(100).optional();

export const scores = z
  .strictObject({ intelligence: score, math: score, coding: score })
  .describe('0..100, in place of the built-in figures');
