// testProviderKey: asks a provider, on demand, whether it takes a key: by its list of models, else by a call that costs nothing.
import { type ErrorCode, GatewayError, toGatewayError } from '../core/errors.ts';
import type { Candidate, ConfiguredProvider, ProviderKey } from '../core/plan.ts';
import { UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { asObject, parseJson } from '../lib/json.ts';
import { scrub } from '../lib/scrub.ts';
import { readErrorText } from '../upstream/read-text.ts';
import { redacted } from '../upstream/redact.ts';
import { send } from '../upstream/send.ts';
import { hostedPath } from '../upstream/wire.ts';
import type { KeyTest } from '../vault/provider-key-record.ts';
import { targetOf } from './encode-for.ts';

const TEST_MS = 10_000;
/** No model's name: whoever lets the key in says that there is none. */
const NO_MODEL = 'switchyard-key-test';
/** Wires on whose hosts no path lists models. */
const WITHOUT_LIST: ReadonlySet<string> = new Set(['bedrock-converse']);
/** A request that was understood and refused was let in first. */
const LET_IN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_invalid_request',
  'upstream_unprocessable',
  'upstream_not_found',
  'upstream_context_length',
]);

type Told = Pick<KeyTest, 'ok' | 'status' | 'error'>;

/** Never rejects: what goes wrong is what is told. Neither health nor load hear of it. */
export async function testProviderKey(
  configured: ConfiguredProvider,
  key: ProviderKey,
  limitMs = TEST_MS,
): Promise<KeyTest> {
  const startedAt = performance.now();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(tooLong(limitMs)), limitMs);
  const candidate: Candidate = {
    id: `${configured.provider.id}/${NO_MODEL}`,
    configured,
    model: NO_MODEL,
    facts: null,
  };
  let told: Told;
  try {
    told = await asked({ candidate, key, signal: controller.signal });
  } catch (thrown) {
    told = failure(toGatewayError(thrown), null, configured, key);
  } finally {
    clearTimeout(timer);
  }
  return { ...told, latency_ms: Math.round(performance.now() - startedAt) };
}

interface Asking {
  readonly candidate: Candidate;
  readonly key: ProviderKey;
  readonly signal: AbortSignal;
}

async function asked(asking: Asking): Promise<Told> {
  const { configured } = asking.candidate;
  const listed = WITHOUT_LIST.has(configured.provider.dialect)
    ? null
    : await list(asking, asking.key);
  if (listed === null || listed.status === 404 || listed.status === 405) return call(asking);
  if (!listed.ok) return refused(listed, asking);
  await listed.body?.cancel();
  // Some show their list to everybody: that proves nothing.
  const toAnybody = await list(asking, null);
  await toAnybody.body?.cancel();
  return toAnybody.ok ? call(asking) : { ok: true, status: listed.status, error: null };
}

function list({ candidate, signal }: Asking, key: ProviderKey | null): Promise<Response> {
  return send({
    candidate,
    key,
    method: 'GET',
    path: hostedPath(candidate, '/models', false),
    body: null,
    stream: false,
    forwarded: null,
    signal,
  });
}

/** A call that names no model there is and asks nothing: it costs nothing, whatever becomes of it. */
async function call(asking: Asking): Promise<Told> {
  const { candidate, key, signal } = asking;
  const dialect = UPSTREAM_DIALECTS[candidate.configured.provider.dialect];
  const response = await send({
    candidate,
    key,
    path: hostedPath(candidate, dialect.path(targetOf(candidate), false), false),
    body: JSON.stringify({ model: NO_MODEL, messages: [] }),
    stream: false,
    forwarded: null,
    signal,
  });
  if (!response.ok) return refused(response, asking);
  await response.body?.cancel();
  return { ok: true, status: response.status, error: null };
}

async function refused(response: Response, { candidate, key }: Asking): Promise<Told> {
  const { configured } = candidate;
  const { hosting, dialect } = configured.provider;
  const text = await readErrorText(response);
  const { decodeError } = UPSTREAM_DIALECTS[hosting?.errors ?? dialect];
  const error = decodeError(response.status, response.headers, asObject(parseJson(text)), text);
  if (LET_IN.has(error.code)) return { ok: true, status: response.status, error: null };
  return failure(error, response.status, configured, key);
}

function failure(
  error: GatewayError,
  status: number | null,
  { provider }: ConfiguredProvider,
  key: ProviderKey,
): Told {
  const { code, message } = redacted(error, provider, key);
  return { ok: false, status, error: { code, message: scrub(message) } };
}

function tooLong(limitMs: number): GatewayError {
  return new GatewayError(
    'upstream_timeout',
    `The provider did not answer within ${limitMs / 1000} s.`,
  );
}
