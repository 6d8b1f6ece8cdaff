// A model's price as an operator writes it.
import { z } from 'zod';

const rate = z.number().min(0).optional();
const rates = {
  input: rate,
  output: rate,
  cache_read: rate,
  cache_write: rate,
  cache_write_1h: rate,
  reasoning: rate,
  audio_in: rate,
  audio_out: rate,
  audio_cache_read: rate,
  search: rate,
  request: rate,
  image: rate,
  characters: rate,
  audio_minute: rate,
};
const tieredRates = {
  ...rates,
  tiers: z.array(z.strictObject({ above: z.number().int().positive(), ...rates })).optional(),
};

export const price = z
  .strictObject({
    ...tieredRates,
    service_tiers: z
      .record(z.string().min(1), z.union([z.number().min(0).max(100), z.strictObject(tieredRates)]))
      .optional()
      .describe(
        'by the name the provider answers with (batch, flex, priority, …): rates, or a number that all rates but those of searches and requests are multiplied by',
      ),
  })
  .describe(
    'US dollars per million tokens (search, request: per thousand; image, audio_minute: each; characters: per million)',
  );
