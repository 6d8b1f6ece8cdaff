// Deletes a response at the provider that stored it too.
import type { Target } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { Candidate } from '../core/plan.ts';
import { DIALECTS } from '../dialects/index.ts';
import { asObject, parseJson } from '../lib/json.ts';
import { redacted } from '../upstream/redact.ts';
import { readText, send } from '../upstream/send.ts';
import { hostedPath } from '../upstream/wire.ts';
import { targetOf } from './encode-for.ts';
import type { Snapshot } from './snapshot.ts';
import type { StoredResponse } from './stored-responses.ts';

const DELETE_MS = 10_000;

/** Throws the provider's refusal: nothing is deleted then. A provider that is configured no longer, or has it no longer, is no obstacle. */
export async function deleteThere(
  stored: Pick<StoredResponse, 'provider' | 'key' | 'response'>,
  id: string,
  snapshot: Snapshot,
  caller: AbortSignal,
): Promise<void> {
  const configured = snapshot.providers.get(stored.provider);
  const key = configured?.keys.find(({ label }) => label === stored.key) ?? null;
  if (configured === undefined || (stored.key !== null && key === null)) return;
  const dialect = DIALECTS['openai-responses'];
  const model = String(stored.response.model);
  const candidate: Candidate = {
    id: `${stored.provider}/${model}`,
    configured,
    model,
    facts: null,
  };
  const target: Target = targetOf(candidate);
  const path = `${dialect.path(target, false)}/${encodeURIComponent(id)}`;
  const signal = AbortSignal.any([caller, AbortSignal.timeout(DELETE_MS)]);
  const response = await send({
    candidate,
    key,
    method: 'DELETE',
    path: hostedPath(candidate, path, false),
    body: null,
    stream: false,
    forwarded: null,
    signal,
  });
  const text = await readText(response, signal);
  // Not found, or nothing that could be deleted: servers that store nothing have no such path.
  if (response.ok || response.status === 404 || response.status === 405) return;
  const body = asObject(parseJson(text));
  const refusal = dialect.decodeError(response.status, response.headers, body, text);
  const { code, message, details } = redacted(refusal, configured.provider, key);
  throw new GatewayError(
    code,
    `The provider that stored this response did not delete it: ${message}`,
    details,
  );
}
