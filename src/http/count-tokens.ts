// POST …/messages/count_tokens: the provider's own count where it has one, else an estimate that says so.
import type { ChatDialect } from '../core/dialect.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { Candidate } from '../core/plan.ts';
import { passedOn, readTraceParent } from '../core/trace-context.ts';
import { estimateTokens } from '../dialects/count-tokens.ts';
import { blameOwnKey } from '../gateway/blame-own-key.ts';
import { dressedFor } from '../gateway/dressing-of.ts';
import { targetOf } from '../gateway/encode-for.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { type Inbound, readInbound } from '../gateway/inbound.ts';
import { callersSnapshot } from '../gateway/own-keys.ts';
import { planFor } from '../gateway/plan-for.ts';
import { requestFacts } from '../gateway/request-facts.ts';
import { asNumber, asObject, parseJson } from '../lib/json.ts';
import { authenticate } from '../limits/keys/authenticate.ts';
import { keysFor } from '../upstream/keys.ts';
import { redacted } from '../upstream/redact.ts';
import { readText, send } from '../upstream/send.ts';
import { readBody } from './read-body.ts';
import { errorReply } from './respond.ts';

const COUNT_MS = 20_000;

export async function countTokens(
  dialect: ChatDialect,
  request: Request,
  gateway: Gateway,
): Promise<Response> {
  try {
    const key = authenticate(request.headers, gateway.keys);
    const snapshot = callersSnapshot(gateway, key, request.headers);
    const read = readInbound(
      dialect,
      await readBody(request, snapshot.maxBodyBytes),
      request.headers,
      'count',
    );
    const facts = requestFacts(read, Bun.randomUUIDv7());
    const planned = planFor(read, facts, key, snapshot, gateway.live);
    const inbound = dressedFor(read, planned);
    const [first] = planned.candidates;
    const { dialect: spoken, hosting } = first?.configured.provider ?? {};
    // Hosts with paths of their own have none for this one.
    const native = spoken === dialect.id && hosting === undefined ? (first ?? null) : null;
    const counted = native ? await nativeCount(native, inbound, request) : null;
    if (counted !== null) return Response.json({ input_tokens: counted });
    return Response.json({ input_tokens: estimateTokens(inbound.call()), estimated: true });
  } catch (thrown) {
    return errorReply(dialect, toGatewayError(thrown), null);
  }
}

/** The provider's count; null where it has no such endpoint. Throws its refusal of the request itself. */
async function nativeCount(
  candidate: Candidate,
  inbound: Inbound,
  caller: Pick<Request, 'headers' | 'signal'>,
): Promise<number | null> {
  const { dialect } = inbound;
  const [key = null] = keysFor(candidate.configured.keys, inbound.user, () =>
    dialect.openingOf(inbound.body),
  );
  const target = targetOf(candidate);
  const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(COUNT_MS)]);
  const { body } = dialect.forwardCall(inbound.text, inbound.body, target);
  const trace = readTraceParent(caller.headers);
  const response = await send({
    candidate,
    key,
    path: `${dialect.path(target, false)}/count_tokens`,
    body,
    stream: false,
    forwarded: inbound.forwarded,
    trace: trace && passedOn(trace),
    signal,
  });
  const text = await readText(response, signal);
  if (response.status === 404 || response.status === 405) return null;
  const reply = asObject(parseJson(text));
  if (!response.ok) {
    const refusal = dialect.decodeError(response.status, response.headers, reply, text);
    throw blameOwnKey(
      redacted(refusal, candidate.configured.provider, key),
      candidate.configured.provider,
      key,
    );
  }
  const count = asNumber(reply?.input_tokens);
  if (count === undefined)
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered a token count without a number.',
    );
  return count;
}
