// What the configuration says of an export to a webhook.
import { z } from 'zod';
import { duration } from '../core/options.ts';
import { exportFields } from './export-fields.ts';

export const webhook = z.strictObject({
  type: z.literal('webhook'),
  url: z.url({ protocol: /^https?$/ }).describe('where batches are posted'),
  secret: z
    .string()
    .min(1)
    .optional()
    .describe('signs them by Standard Webhooks: whsec_ and base64, as receivers have it'),
  headers: z.record(z.string(), z.string()).optional().describe('sent with every batch'),
  timeout: duration.optional().describe('for one batch (default 30s)'),
  ...exportFields,
});

export type WebhookSettings = z.output<typeof webhook>;
