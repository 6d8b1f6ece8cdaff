// What a configuration signs webhooks with: one rule for alerts and for exports.
import { z } from 'zod';
import { SECRET_FORMS, webhookKey } from '../lib/webhook-signature.ts';

/** An empty one is a variable that is not set: what becomes of that, the section says. */
export const signingSecret = z
  .string()
  .refine((text) => text === '' || webhookKey(text) !== null, SECRET_FORMS);
