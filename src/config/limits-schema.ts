// What the configuration says of limits: where they are counted, what is held for a request, what each user may take.
import { z } from 'zod';
import { limitFields } from './limit-fields.ts';

export const limits = z
  .strictObject({
    store: z
      .enum(['memory', 'sqlite', 'redis'])
      .optional()
      .describe(
        'where spend is counted: memory (lost at a restart), sqlite (limits.db in the data folder), redis (REDIS_URL, shared by all replicas); default redis where REDIS_URL is set, else sqlite. Holds from the next start on',
      ),
    assumed_output_tokens: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe(
        'the output held for a request that sets no limit to it, where the model cannot give less (default 4096)',
      ),
    unpriced: z
      .enum(['refuse', 'allow'])
      .optional()
      .describe(
        'callers with a budget and models whose price nobody knows: refuse leaves those models out (default), allow asks them uncounted',
      ),
    on_store_failure: z
      .enum(['local', 'refuse'])
      .optional()
      .describe(
        'while the store cannot be reached: local goes on with what was last known (default), refuse answers limits_unavailable (503) to callers with limits',
      ),
    users: z
      .strictObject(limitFields)
      .optional()
      .describe(
        'of each user, however named, over all keys; /router/v1/users/{user} sets others for one',
      ),
  })
  .describe('Budgets and rates of callers. Those of a key stand with the key.');
