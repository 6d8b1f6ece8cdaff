// What the configuration says of an export to a webhook.
import { z } from 'zod';
import { duration } from '../core/options.ts';
import { exportFields } from './export-fields.ts';
import { signingSecret } from './signing-secret.ts';

export const webhook = z.strictObject({
  type: z.literal('webhook'),
  url: z.url({ protocol: /^https?$/ }).describe('where batches are posted'),
  secret: signingSecret
    .min(1)
    .optional()
    .describe(
      'whsec_ and 24 to 64 bytes in base64, or so many bytes of text; without it nothing is signed',
    ),
  headers: z.record(z.string(), z.string()).optional().describe('sent with every batch'),
  timeout: duration.optional().describe('for one batch (default 30s)'),
  ...exportFields,
});

export type WebhookSettings = z.output<typeof webhook>;
