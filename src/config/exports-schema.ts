// What the configuration says of exports: where finished requests go outside, under names of the operator's.
import { z } from 'zod';
import { bigquery } from './export-bigquery-schema.ts';
import { clickhouse } from './export-clickhouse-schema.ts';
import { mixpanel } from './export-mixpanel-schema.ts';
import { s3 } from './export-s3-schema.ts';
import { webhook } from './export-webhook-schema.ts';

/** It is part of file names in the spool. */
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be up to 40 lower-case letters, digits and -');

export const exportSettings = z.discriminatedUnion(
  'type',
  [bigquery, clickhouse, mixpanel, s3, webhook],
  'must be one of bigquery, clickhouse, mixpanel, s3, webhook',
);

export const exports = z
  .record(name, exportSettings)
  .describe('where every finished request goes, at least once, by names of your own');

export type ExportSettings = z.output<typeof exportSettings>;
