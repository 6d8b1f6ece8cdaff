// What the configuration says of an export to ClickHouse.
import { z } from 'zod';
import { exportFields } from './export-fields.ts';

const name = z.string().regex(/^[A-Za-z_][\w-]{0,127}$/, 'must be letters, digits, "_" and "-"');

export const clickhouse = z.strictObject({
  type: z.literal('clickhouse'),
  url: z
    .string()
    .regex(/^https?:\/\/[^\s?#]+$/, 'must be an http:// or https:// URL')
    .transform((url) => url.replace(/\/+$/, ''))
    .describe('of the HTTP interface, such as http://clickhouse:8123'),
  username: z.string().min(1).max(256).optional().describe('who inserts (default default)'),
  password: z.string().optional().describe('best named from the environment (default none)'),
  database: name.optional().describe('has to be there (default default)'),
  table: name.optional().describe('made where it is missing (default switchyard_requests)'),
  create: z
    .boolean()
    .optional()
    .describe(
      'make the table, and add columns that later versions bring (default true); false: it needs INSERT alone',
    ),
  ...exportFields,
});

export type ClickHouseSettings = z.output<typeof clickhouse>;
