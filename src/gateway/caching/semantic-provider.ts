// providerVectors: texts as vectors of a configured embedding model, asked as any call is: with its row, its cost, its limits.
import { GatewayError, toGatewayError } from '../../core/errors.ts';
import { EVERY_ACCESS, type KeyRecord } from '../../core/key.ts';
import { asArray, asNumber, asObjects, type JsonObject } from '../../lib/json.ts';
import { callerMeters } from '../../limits/meters/caller-meters.ts';
import { OPERATIONS } from '../../operations/index.ts';
import { attemptsOf } from '../attempts-of.ts';
import { complete } from '../complete.ts';
import { demandOf } from '../demand.ts';
import { settleUsage } from '../estimate.ts';
import { expectedOfOperation } from '../expected-usage.ts';
import { fallbackPolicy } from '../fallback-policy.ts';
import type { Gateway } from '../gateway.ts';
import { type OperationInbound, readOperation } from '../operation-inbound.ts';
import { operationWork } from '../operation-work.ts';
import { planFor } from '../plan-for.ts';
import { Recording } from '../recording.ts';
import { operationFacts } from '../request-facts.ts';
import { Room } from '../room.ts';
import type { ExchangeScope } from '../scope.ts';

/** As the log calls it. */
const ENDPOINT = 'cache.embeddings';
/** No request waits so long for it; but it is of use to those that come later. */
const TOTAL_MS = 5000;

export type EmbeddingGround = Pick<
  Gateway,
  | 'snapshot'
  | 'live'
  | 'limits'
  | 'load'
  | 'health'
  | 'record'
  | 'attemptObserver'
  | 'admit'
  | 'release'
>;

/** For whom it is done, and who pays. */
export interface EmbeddingFor {
  readonly key: KeyRecord;
  readonly user: string | null;
  /** The generation id of the request that wants to know. */
  readonly request: string;
}

interface Asking {
  readonly by: EmbeddingFor;
  readonly gateway: EmbeddingGround;
  readonly scope: ExchangeScope;
  readonly recording: Recording;
  readonly room: Room;
}

/** A vector of each text. Null: there are none, and the row says why. Never rejects. */
export async function providerVectors(
  model: string,
  texts: readonly string[],
  by: EmbeddingFor,
  gateway: EmbeddingGround,
): Promise<readonly Float32Array[] | null> {
  const at = Date.now();
  const id = Bun.randomUUIDv7('hex', at);
  const room = new Room(() => gateway.limits.now());
  const recording = new Recording(
    { id, at, endpoint: ENDPOINT, dialect: 'openai-chat' },
    (exchange) => {
      room.settle(exchange);
      gateway.record(exchange);
    },
    gateway.attemptObserver,
  );
  const { key, user, request } = by;
  recording.caller(key.id);
  const metadata = { for: request };
  recording.request({ stream: false, user, requestedModel: model, metadata });
  let scope: ExchangeScope | null = null;
  try {
    scope = gateway.admit(new AbortController().signal);
    scope.limit(TOTAL_MS);
    const vectors = await asked(model, texts, { by, gateway, scope, recording, room });
    recording.finish('ok', 200, null);
    return vectors;
  } catch (thrown) {
    const error = toGatewayError(thrown);
    recording.finish('error', error.status, error);
    return null;
  } finally {
    room.end();
    if (scope !== null) gateway.release(scope);
  }
}

async function asked(
  model: string,
  texts: readonly string[],
  { by, gateway, scope, recording, room }: Asking,
): Promise<readonly Float32Array[]> {
  const snapshot = gateway.snapshot();
  const text = JSON.stringify({ model, input: texts });
  const headers = new Headers();
  const inbound = readOperation(OPERATIONS.embeddings, { kind: 'json', text }, headers, null);
  recording.asks(inbound.call.body);
  const facts = operationFacts(inbound, recording.start.id);
  // The operator chose the model: a caller's key need not be allowed to call it.
  const planned = planFor(inbound, facts, EVERY_ACCESS, snapshot, gateway.live);
  recording.plan(planned);
  const expects = expectedOfOperation(inbound, facts);
  const caller = gateway.limits.of(by.key, by.user);
  const budgets = callerMeters(caller?.meters.filter(({ kind }) => kind === 'budget') ?? []);
  if (budgets !== null) {
    // It is paid for, but it is none of the caller's requests.
    const { demand, candidates } = demandOf(planned.candidates, expects, budgets, snapshot.limits);
    if (candidates.length === 0)
      throw new GatewayError(
        'price_unknown',
        `cache.semantic.embedding: the caller has a budget, and the price of ${model} is not known. Give it one under "models" in the configuration.`,
      );
    const held = await gateway.limits.hold(budgets, demand);
    if ('error' in held) throw held.error;
    room.take(held, budgets);
  }
  const sticky = { user: null, opening: () => text };
  const attempts = attemptsOf(planned, sticky, gateway, recording, scope, null);
  const policy = fallbackPolicy({}, undefined, false, snapshot);
  const answered = await complete(operationWork(inbound, policy, snapshot), attempts);
  if (recording.current !== null) settleUsage(inbound, recording.current);
  if (answered.kind !== 'object') throw notVectors(model);
  return vectorsOf(inbound, answered.reply.body, texts.length);
}

function vectorsOf(
  { model }: OperationInbound,
  body: JsonObject,
  count: number,
): readonly Float32Array[] {
  const vectors = asObjects(body.data).map(({ embedding }) =>
    Float32Array.from(asArray(embedding), (value) => asNumber(value) ?? Number.NaN),
  );
  const isUsable = (vector: Float32Array) =>
    vector.length > 0 && Number.isFinite(vector.reduce((sum, value) => sum + value * value, 0));
  if (vectors.length !== count || !vectors.every(isUsable)) throw notVectors(model);
  return vectors.map(ofLengthOne);
}

function ofLengthOne(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

function notVectors(model: string): GatewayError {
  return new GatewayError(
    'upstream_invalid_response',
    `${model} did not answer with a vector for each text, so prompts cannot be compared by it.`,
  );
}
