// Where a bucket is, and whose credentials open it: the settings first, then the environment as AWS' own tools read it.
import type { S3Settings } from '../../config/export-s3-schema.ts';

export interface S3Place {
  /** The bucket's, without a slash at its end. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** Null: there are no credentials. */
export function s3Place(
  settings: S3Settings,
  environment: { readonly [name: string]: string | undefined },
): S3Place | null {
  const own = settings.access_key_id !== undefined;
  const accessKeyId = settings.access_key_id ?? environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = settings.secret_access_key ?? environment.AWS_SECRET_ACCESS_KEY;
  // A token belongs to its key pair.
  const sessionToken = settings.session_token ?? (own ? null : environment.AWS_SESSION_TOKEN);
  if (!accessKeyId || !secretAccessKey) return null;
  const region =
    settings.region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || 'us-east-1');
  const url = bucketUrl(settings, region);
  return { url, region, accessKeyId, secretAccessKey, sessionToken: sessionToken || null };
}

function bucketUrl({ endpoint, bucket, path_style: path }: S3Settings, region: string): string {
  const at = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const root = at.pathname.replace(/\/+$/, '');
  // Others than AWS are reached under one name, mostly; a name with dots fits no certificate of AWS'.
  const isPath = path ?? (endpoint !== undefined || bucket.includes('.'));
  return isPath
    ? `${at.origin}${root}/${encodeURIComponent(bucket)}`
    : `${at.protocol}//${bucket}.${at.host}${root}`;
}
