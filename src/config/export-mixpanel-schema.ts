// What the configuration says of an export to Mixpanel, and of the product events read back from it.
import { z } from 'zod';
import { exportFields } from './export-fields.ts';
import { outcomeImportFields, outcomeMetric } from './export-outcomes-schema.ts';

const property = z.string().min(1).max(255);
const address = z
  .string()
  .regex(/^https?:\/\/[^\s?#]+$/, 'must be an http:// or https:// URL')
  .transform((url) => url.replace(/\/+$/, ''));

const event = z.strictObject({
  event: z.string().min(1).max(255).describe('the name of the event in Mixpanel'),
  metric: outcomeMetric.describe('the outcome it counts as'),
  value: z
    .union([property, z.number()])
    .optional()
    .describe('the property that holds its value, or a number for every event (default 1)'),
  user: property
    .optional()
    .describe('the property that names the user as requests do (default distinct_id)'),
});

export const mixpanel = z
  .strictObject({
    type: z.literal('mixpanel'),
    project_id: z
      .union([z.string().regex(/^\d+$/, 'must be digits'), z.number().int().positive()])
      .optional()
      .describe('the number of the project; goes with a service account'),
    username: z.string().min(1).optional().describe('of a service account'),
    secret: z
      .string()
      .min(1)
      .optional()
      .describe('of the service account; best named from the environment'),
    token: z
      .string()
      .min(1)
      .optional()
      .describe('the project token, instead of a service account: it can send, and not read'),
    region: z.enum(['us', 'eu', 'in']).optional().describe('where the project is (default us)'),
    base_url: address.optional().describe("of the ingestion API (default the region's)"),
    data_url: address.optional().describe("of the export API (default the region's)"),
    event: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('what the event of a request is called (default llm_request)'),
    exposures: z
      .boolean()
      .optional()
      .describe(
        'also send $experiment_started the first time a user gets a variant (default true)',
      ),
    anonymous: z
      .enum(['send', 'skip'])
      .optional()
      .describe('requests without a user: send them as nobody’s, or leave them out (default send)'),
    metadata: z
      .strictObject({
        prefix: z
          .string()
          .max(32)
          .optional()
          .describe("before each name of a request's metadata (default meta_)"),
        allow: z.array(property).optional().describe('only these (default: all)'),
        deny: z.array(property).optional().describe('never these'),
      })
      .optional()
      .describe('what of it goes along, as properties'),
    outcomes: z
      .strictObject({
        ...outcomeImportFields,
        events: z.array(event).min(1).max(20).describe('which, and what they count as'),
      })
      .optional()
      .describe('product events that come back as outcomes of experiments'),
    ...exportFields,
  })
  .superRefine((config, context) => {
    const { project_id, username, secret, token, outcomes } = config;
    const isAccount = project_id !== undefined && username !== undefined && secret !== undefined;
    const add = (message: string) => context.addIssue({ code: 'custom', message });
    if (!isAccount && token === undefined)
      add('needs project_id, username and secret of a service account, or a project token');
    if (outcomes !== undefined && !isAccount)
      add('outcomes are read with a service account: project_id, username and secret');
  });

export type MixpanelSettings = z.output<typeof mixpanel>;
