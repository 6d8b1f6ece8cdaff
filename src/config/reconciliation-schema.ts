// What the configuration says of providers' bills.
import { z } from 'zod';

const account = z.strictObject({
  admin_key: z
    .string()
    .min(1)
    .optional()
    .describe(
      'of the organisation, for its reports; best named from the environment (default OPENAI_ADMIN_KEY, ANTHROPIC_ADMIN_KEY)',
    ),
  base_url: z.url().optional().describe("of the reports (default the vendor's)"),
  providers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('the providers of this configuration that it bills (default: the one of its name)'),
});

export const reconciliation = z
  .strictObject({
    daily: z
      .boolean()
      .optional()
      .describe(
        'compare the last days with the bill every night, where an admin key is set (default false)',
      ),
    hour: z
      .number()
      .int()
      .min(0)
      .max(23)
      .optional()
      .describe('from which hour on, UTC (default 6)'),
    days: z
      .number()
      .int()
      .min(1)
      .max(31)
      .optional()
      .describe('how many days back: bills are corrected for a while (default 3)'),
    tolerance: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('percent that figures may differ by (default 0.1)'),
    openai: account.optional(),
    anthropic: account.optional(),
  })
  .describe('What providers say they billed, compared with the log.');
