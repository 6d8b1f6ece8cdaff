// What the configuration says of an export to S3, or to what speaks as S3 does.
import { z } from 'zod';
import { duration } from '../core/options.ts';
import { exportFields } from './export-fields.ts';

const BUCKET = /^[A-Za-z0-9._-]{1,255}$/;
/** Of AWS: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_OF_AWS = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export const s3 = z
  .strictObject({
    type: z.literal('s3'),
    bucket: z
      .string()
      .regex(BUCKET, 'must be the name of a bucket alone; folders in it go under prefix')
      .describe('it must exist'),
    prefix: z.string().optional().describe('what names of objects begin with (default none)'),
    region: z.string().min(1).optional().describe('default AWS_REGION, else us-east-1'),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('of another than AWS: MinIO, R2, Ceph, …'),
    path_style: z
      .boolean()
      .optional()
      .describe(
        'the bucket stands in the path, not in the host’s name (default: with an endpoint)',
      ),
    access_key_id: z.string().min(1).optional().describe('default AWS_ACCESS_KEY_ID'),
    secret_access_key: z.string().min(1).optional().describe('default AWS_SECRET_ACCESS_KEY'),
    session_token: z.string().min(1).optional().describe('default AWS_SESSION_TOKEN'),
    compression: z.enum(['gzip', 'zstd', 'none']).optional().describe('default gzip'),
    timeout: duration.optional().describe('for one object (default 60s)'),
    ...exportFields,
  })
  .superRefine(({ bucket, endpoint, access_key_id: key, secret_access_key: secret }, context) => {
    const add = (message: string, path: string[] = []) =>
      context.addIssue({ code: 'custom', message, path });
    if (endpoint === undefined && !BUCKET_OF_AWS.test(bucket))
      add('must be 3 to 63 lower-case letters, digits, "." and "-"', ['bucket']);
    if ((key === undefined) !== (secret === undefined))
      add(
        'access_key_id and secret_access_key go together: set both, or neither and let the environment have them',
      );
  });

export type S3Settings = z.output<typeof s3>;
