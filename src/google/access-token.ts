// Google access tokens: made from a service account's key or a person's refresh token, or asked of the machine; kept until
// shortly before they expire, and fetched once for however many requests wait for them.
// developers.google.com/identity/protocols/oauth2/service-account, cloud.google.com/docs/authentication/application-default-credentials
import { GatewayError } from '../core/errors.ts';
import type { GoogleCredentials } from '../core/plan.ts';
import { asNumber, asObject, asString, parseJson } from '../lib/json.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** A token this close to its end is replaced: the request it goes with has to arrive before it. */
const MARGIN_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** The longest a signed claim may hold. */
const CLAIM_S = 3600;

interface Token {
  readonly text: string;
  readonly goodUntilMs: number;
}

/** One entry for each set of credentials in use; a reloaded configuration brings new ones. */
const TOKENS = new WeakMap<GoogleCredentials, Token | Promise<Token>>();

/** A token that is good now; a promise only where it has to be fetched. Throws `upstream_auth` where the credentials are refused. */
export function googleToken(
  credentials: GoogleCredentials,
  nowMs: number,
): string | Promise<string> {
  const known = TOKENS.get(credentials);
  if (known instanceof Promise) return known.then(({ text }) => text);
  if (known !== undefined && nowMs < known.goodUntilMs) return known.text;
  const coming = fetchToken(credentials, nowMs);
  TOKENS.set(credentials, coming);
  return coming.then(
    (token) => {
      TOKENS.set(credentials, token);
      return token.text;
    },
    (thrown: unknown) => {
      TOKENS.delete(credentials);
      throw thrown;
    },
  );
}

/** The provider refused a token before its time: the next request fetches another. */
export function forgetGoogleToken(credentials: GoogleCredentials): void {
  if (!(TOKENS.get(credentials) instanceof Promise)) TOKENS.delete(credentials);
}

async function fetchToken(credentials: GoogleCredentials, nowMs: number): Promise<Token> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(credentials.tokenUrl, {
      ...(await requestFor(credentials, nowMs)),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    throw new GatewayError(
      'upstream_unreachable',
      `No access token could be fetched: ${whereOf(credentials)} did not answer.`,
      { cause: thrown },
    );
  }
  const body = asObject(parseJson(text));
  const token = asString(body?.access_token);
  if (!response.ok || !token)
    throw refusal(credentials, response.status, body?.error, body?.error_description);
  const lastsS = asNumber(body?.expires_in) ?? CLAIM_S;
  // Of a short life a tenth is kept back, so that a token is never thrown away unused.
  const margin = Math.min(MARGIN_MS, lastsS * 100);
  return { text: token, goodUntilMs: nowMs + lastsS * 1000 - margin };
}

async function requestFor(credentials: GoogleCredentials, nowMs: number): Promise<RequestInit> {
  switch (credentials.kind) {
    case 'service-account':
      return form({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: await assertionOf(credentials, nowMs),
      });
    case 'authorized-user':
      return form({
        grant_type: 'refresh_token',
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        refresh_token: credentials.refreshToken,
      });
    case 'machine':
      return { headers: { 'metadata-flavor': 'Google' } };
  }
}

function form(fields: { readonly [name: string]: string }): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) };
}

/** The account's own word for who it is, signed with its key. */
async function assertionOf(
  { clientEmail, privateKey, keyId, tokenUrl }: GoogleCredentials & { kind: 'service-account' },
  nowMs: number,
): Promise<string> {
  const issued = Math.floor(nowMs / 1000);
  // Loaded when the first token is made: most gateways never need one.
  const { importPKCS8, SignJWT } = await import('jose');
  try {
    return await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({
        alg: 'RS256',
        typ: 'JWT',
        ...(keyId === undefined ? {} : { kid: keyId }),
      })
      .setIssuer(clientEmail)
      .setAudience(tokenUrl)
      .setIssuedAt(issued)
      .setExpirationTime(issued + CLAIM_S)
      .sign(await importPKCS8(privateKey, 'RS256'));
  } catch (thrown) {
    throw new GatewayError(
      'upstream_auth',
      'The private key in the service account file cannot be read. Download a new key for the account, and name its file in credentials_file or GOOGLE_APPLICATION_CREDENTIALS.',
      { cause: thrown },
    );
  }
}

function whereOf({ kind }: GoogleCredentials): string {
  return kind === 'machine' ? "this machine's metadata server" : "Google's token endpoint";
}

const REMEDIES: { readonly [K in GoogleCredentials['kind']]: string } = {
  'service-account':
    'Check that the service account and its key still exist, and that this machine’s clock is right; name a valid key file in credentials_file or GOOGLE_APPLICATION_CREDENTIALS.',
  'authorized-user': 'Run "gcloud auth application-default login" again.',
  machine: 'Give this machine a service account, or name a key file in credentials_file.',
};

function refusal(
  credentials: GoogleCredentials,
  status: number,
  code: unknown,
  description: unknown,
): GatewayError {
  if (status >= 500 || status === 429)
    return new GatewayError(
      'upstream_unavailable',
      `No access token could be fetched: ${whereOf(credentials)} answered ${status}.`,
    );
  const said = [asString(code), asString(description)].filter(Boolean).join(': ');
  return new GatewayError(
    'upstream_auth',
    `${whereOf(credentials)} refused these credentials (${said === '' ? status : said}). ${REMEDIES[credentials.kind]}`,
    { upstreamCode: asString(code) },
  );
}
