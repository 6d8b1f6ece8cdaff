// Provider keys that callers bring: the part of the configuration's shape for them.
import { z } from 'zod';

export const ownKeys = z
  .strictObject({
    header: z
      .boolean()
      .optional()
      .describe(
        'false: no provider keys are taken with requests (x-switchyard-provider-key); stored ones are used all the same (default true)',
      ),
  })
  .describe('Provider keys of callers.');
