// Where Google credentials are found: a named file, what the environment names, what gcloud left, the machine's own account.
// cloud.google.com/docs/authentication/application-default-credentials
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { GoogleCredentials } from '../core/plan.ts';
import { asObject, asString, type JsonObject, parseJson } from '../lib/json.ts';

const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const MACHINE_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';

export interface WhereToLook {
  /** A key file; null: nobody named one. */
  readonly file: string | null;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Whether what gcloud left, or this machine's account, may be used. */
  readonly orMachines: boolean;
}

export interface FoundCredentials {
  /** What may be said of where they are from. */
  readonly label: string;
  readonly credentials: GoogleCredentials;
  /** The project the credentials name themselves. */
  readonly project: string | null;
}

/** In the order of Google's own libraries. Null: none, or the file that was named cannot be read or is of another kind. */
export function findCredentials({
  file,
  environment,
  orMachines,
}: WhereToLook): FoundCredentials | null {
  const named = file ?? wordOf(environment.GOOGLE_APPLICATION_CREDENTIALS);
  if (named !== null) return fromFile(named, 'credentials file');
  if (!orMachines) return null;
  const folder = wordOf(environment.CLOUDSDK_CONFIG) ?? join(homedir(), '.config', 'gcloud');
  const left = fromFile(join(folder, 'application_default_credentials.json'), 'gcloud');
  if (left !== null) return left;
  const host = wordOf(environment.GCE_METADATA_HOST) ?? 'metadata.google.internal';
  const credentials = { kind: 'machine', tokenUrl: `http://${host}${MACHINE_PATH}` } as const;
  return { label: 'this machine', credentials, project: null };
}

/** Null where the file cannot be read, or is of a kind this gateway makes no tokens from. */
function fromFile(file: string, label: string): FoundCredentials | null {
  let body: JsonObject | undefined;
  try {
    body = asObject(parseJson(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
  const credentials = body && credentialsIn(body);
  if (!body || !credentials) return null;
  const project = asString(body.project_id) ?? asString(body.quota_project_id) ?? null;
  return { label, credentials, project };
}

function credentialsIn(body: JsonObject): GoogleCredentials | null {
  const tokenUrl = asString(body.token_uri) ?? TOKEN_URL;
  const clientEmail = asString(body.client_email);
  const privateKey = asString(body.private_key);
  const keyId = asString(body.private_key_id);
  if (body.type === 'service_account' && clientEmail && privateKey)
    return {
      kind: 'service-account',
      clientEmail,
      privateKey,
      tokenUrl,
      ...(keyId === undefined ? {} : { keyId }),
    };
  const clientId = asString(body.client_id);
  const clientSecret = asString(body.client_secret);
  const refreshToken = asString(body.refresh_token);
  if (body.type === 'authorized_user' && clientId && clientSecret && refreshToken)
    return { kind: 'authorized-user', clientId, clientSecret, refreshToken, tokenUrl };
  return null;
}

/** An unset variable may come as an empty text. */
function wordOf(value: string | undefined): string | null {
  const word = value?.trim() ?? '';
  return word === '' ? null : word;
}
