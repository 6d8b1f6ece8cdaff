// What the configuration says of an export to S3, or to what speaks as S3 does.
import { z } from 'zod';
import { duration } from '../core/options.ts';
import { exportFields } from './export-fields.ts';

export const s3 = z.strictObject({
  type: z.literal('s3'),
  bucket: z.string().min(1).describe('it must exist'),
  prefix: z.string().optional().describe('what names of objects begin with (default none)'),
  region: z.string().min(1).optional().describe('default AWS_REGION, else us-east-1'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('of another than AWS: MinIO, R2, Ceph, …'),
  path_style: z
    .boolean()
    .optional()
    .describe('the bucket stands in the path, not in the host’s name (default: with an endpoint)'),
  access_key_id: z.string().min(1).optional().describe('default AWS_ACCESS_KEY_ID'),
  secret_access_key: z.string().min(1).optional().describe('default AWS_SECRET_ACCESS_KEY'),
  session_token: z.string().min(1).optional().describe('default AWS_SESSION_TOKEN'),
  compression: z.enum(['gzip', 'zstd', 'none']).optional().describe('default gzip'),
  timeout: duration.optional().describe('for one object (default 60s)'),
  ...exportFields,
});

export type S3Settings = z.output<typeof s3>;
