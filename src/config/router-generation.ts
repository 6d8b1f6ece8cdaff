// A router's text_generation_config: names, limits, and the ways its members may be written.
import { z } from 'zod';

/** As many as the most patient provider takes; each provider's own limit is told with the request. */
const MAX_STOPS = 16;
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const EFFORT_PREFIX = /^(?:reasoning_)?effort_/;

const effort = z
  .string()
  .describe(EFFORTS.map((one) => `\`${one}\``).join(', '))
  .transform((text, context) => {
    const short = text.toLowerCase().replace(EFFORT_PREFIX, '');
    if (short === '' || short === 'unspecified') return undefined;
    const found = EFFORTS.find((known) => known === short);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: `must be one of ${EFFORTS.join(', ')}` });
    return z.NEVER;
  });

const bias = z.number().min(-100).max(100);
const logitBias = z
  .union([
    z.array(
      z.strictObject({
        token_id: z.union([z.string().max(64), z.int().min(0)]),
        bias_value: bias,
      }),
    ),
    z.record(z.string(), bias),
  ])
  .describe('a list of `{token_id, bias_value}`, or an object from token id to value')
  .transform((given, context) => {
    const pairs = Array.isArray(given)
      ? given.map(({ token_id, bias_value }) => ({ token_id: String(token_id), bias_value }))
      : Object.entries(given).map(([token_id, bias_value]) => ({ token_id, bias_value }));
    // Generated clients send one entry with nothing in it where nothing was set.
    const entries = pairs.filter(({ token_id }) => token_id !== '');
    if (entries.length > 1024)
      context.addIssue({ code: 'custom', message: 'must be at most 1024 tokens' });
    const seen = new Set<string>();
    for (const { token_id } of entries) {
      if (seen.has(token_id))
        context.addIssue({ code: 'custom', message: `names the token "${token_id}" twice` });
      seen.add(token_id);
    }
    return entries.length === 0 ? undefined : entries;
  });

export const generation = z.strictObject({
  max_tokens: z.int().min(1).optional().describe('also `max_new_tokens`'),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().gt(0).max(1).optional(),
  repetition_penalty: z.number().gt(0).max(2).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  stop_sequences: z
    .array(z.string().max(1000))
    .max(MAX_STOPS)
    .transform((stops) => {
      const meant = stops.filter((stop) => stop !== '');
      return meant.length === 0 ? undefined : meant;
    })
    .optional()
    .describe('also `stop`'),
  seed: z.int().optional(),
  logit_bias: logitBias.optional(),
  reasoning: z
    .strictObject({
      effort: effort.optional(),
      max_tokens: z.int().min(0).optional(),
      exclude: z.boolean().optional(),
    })
    .optional(),
});
