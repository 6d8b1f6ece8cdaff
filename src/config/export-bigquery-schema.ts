// What the configuration says of an export to BigQuery, and of outcomes read back by a query.
import { z } from 'zod';
import { exportFields } from './export-fields.ts';
import { outcomeImportFields } from './export-outcomes-schema.ts';

export const bigquery = z.strictObject({
  type: z.literal('bigquery'),
  project: z
    .string()
    .regex(/^[a-z0-9.:-]{1,100}$/, 'must be the id of a Google Cloud project')
    .optional()
    .describe('the Google Cloud project (default that of the credentials)'),
  dataset: z
    .string()
    .regex(/^\w{1,1024}$/, 'must be letters, digits and "_"')
    .optional()
    .describe('made where it is missing (default switchyard)'),
  table: z
    .string()
    .regex(/^[\w-]{1,1024}$/, 'must be letters, digits, "_" and "-"')
    .optional()
    .describe('made where it is missing (default requests)'),
  location: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a location such as "US" or "europe-west1"')
    .optional()
    .describe('where the dataset is (default US)'),
  credentials_file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'a service account key, or application default credentials (default GOOGLE_APPLICATION_CREDENTIALS, what gcloud left, this machine’s account)',
    ),
  base_url: z
    .string()
    .regex(/^https?:\/\/[^\s?#]+$/, 'must be an http:// or https:// URL')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('of the API (default https://bigquery.googleapis.com)'),
  outcomes: z
    .strictObject({
      ...outcomeImportFields,
      query: z
        .string()
        .min(1)
        .max(100_000)
        .describe(
          'standard SQL with the columns id, metric, value, at, and user or generation_id; may use @since, a TIMESTAMP',
        ),
    })
    .optional()
    .describe('outcomes of experiments, read by a query'),
  ...exportFields,
});

export type BigQuerySettings = z.output<typeof bigquery>;
