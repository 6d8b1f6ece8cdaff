// A month of a busy gateway's traffic, made up but not uniform: few models, keys and users have most of it, nights are quiet,
// some requests fail, some are rescued. The same seed gives the same traffic.
import type { AttemptOutcome, Exchange } from '../../src/core/exchange.ts';
import { UNKNOWN_USAGE, type Usage } from '../../src/core/usage.ts';

export interface Population {
  readonly users: number;
  readonly keys: number;
  readonly models: number;
  readonly routers: number;
}

const POPULATION: Population = { users: 20_000, keys: 200, models: 40, routers: 10 };

const PROVIDERS = ['openai', 'anthropic', 'google', 'groq', 'mistral', 'deepseek', 'xai', 'cohere'];
const DAY_MS = 86_400_000;
/** Of a day's requests, by hour (UTC). */
const HOURS = [2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 6, 7, 7, 7, 7, 6, 5, 5, 4, 3, 3, 2];
const HOURS_SUM = HOURS.reduce((sum, weight) => sum + weight, 0);

/** A small fast generator of numbers in 0..1 (xorshift128). */
function randomFrom(seed: number): () => number {
  let [x, y, z, w] = [seed | 1, 362_436_069, 521_288_629, 88_675_123];
  return () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ (t ^ (t >>> 8));
    return (w >>> 0) / 4_294_967_296;
  };
}

/** The share of all that falls to each of `count`, by Zipf's law: cumulative. */
function zipf(count: number): Float64Array {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1) ** 0.9;
    cumulative[rank] = sum;
  }
  return cumulative.map((value) => value / sum);
}

function drawn(cumulative: Float64Array, at: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 1) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One day's exchanges, oldest first. @param day its beginning, Unix milliseconds */
export function* trafficOf(
  day: number,
  requests: number,
  population: Population = POPULATION,
): Generator<Exchange> {
  const random = randomFrom(day / DAY_MS + 17);
  const byUser = zipf(population.users);
  const byKey = zipf(population.keys);
  const byModel = zipf(population.models);
  let made = 0;
  let weight = 0;
  for (let hour = 0; hour < 24; hour++) {
    weight += HOURS[hour] ?? 0;
    const until = Math.round((requests * weight) / HOURS_SUM);
    const count = until - made;
    for (let n = 0; n < count; n++) {
      const at = day + Math.floor(((hour + n / count) / 24) * DAY_MS);
      yield exchangeAt(at, {
        random,
        user: drawn(byUser, random()),
        key: drawn(byKey, random()),
        model: drawn(byModel, random()),
        population,
      });
    }
    made = until;
  }
}

interface Draw {
  readonly random: () => number;
  readonly user: number;
  readonly key: number;
  readonly model: number;
  readonly population: Population;
}

/** Around `median`, with a long tail. */
function skewed(random: () => number, median: number, spread: number): number {
  const normal = random() + random() + random() + random() - 2;
  return median * Math.exp(normal * spread);
}

function exchangeAt(at: number, { random, user, key, model, population }: Draw): Exchange {
  const routed = random() < 0.6;
  const router = key % population.routers;
  const variant = user % 2;
  const rescued = random() < 0.03;
  const ends = random();
  const outcome = ends < 0.015 ? 'error' : ends < 0.03 ? 'aborted' : 'ok';
  const first = attemptAt(
    rescued ? (model + 1) % population.models : model,
    !rescued && outcome !== 'error',
    0.4,
    random,
  );
  const attempts = rescued
    ? [first, attemptAt(model, outcome !== 'error', first.durationMs + 0.5, random)]
    : [first];
  const last = attempts.at(-1) ?? first;
  const named = routed ? `router-${router}` : last.model;
  return {
    id: uuidAt(at, random),
    at,
    traceId: null,
    parentSpanId: null,
    endpoint: random() < 0.9 ? 'chat.completions' : 'messages',
    dialect: 'openai-chat',
    stream: random() < 0.8,
    keyId: `key_019a4c00-0000-7000-8000-${String(key).padStart(12, '0')}`,
    user: random() < 0.85 ? `user-${user}` : null,
    requestedModel: named,
    model: outcome === 'error' ? null : last.model,
    provider: outcome === 'error' ? null : last.provider,
    routerId: routed ? `router-${router}` : null,
    routeId: routed ? 'default' : null,
    variantId: routed ? `variant-${variant}` : null,
    reasoning: routed
      ? `Router router-${router}: route default, variant variant-${variant} for this user; ${last.model} answered.`
      : `The caller named ${last.model} and its provider is configured.`,
    attempts,
    outcome,
    status: outcome === 'ok' ? 200 : outcome === 'error' ? 502 : 499,
    errorCode: outcome === 'ok' ? null : outcome === 'error' ? 'upstream_error' : 'client_closed',
    errorMessage: outcome === 'ok' ? null : 'The provider answered 500.',
    finishReason: outcome === 'ok' ? 'stop' : null,
    usage: last.usage,
    usageEstimated: outcome === 'aborted',
    costNano: attempts.reduce((sum, attempt) => sum + (attempt.costNano ?? 0), 0),
    unpriced: false,
    deliveredTokens: outcome === 'aborted' ? 40 : null,
    resumed: false,
    cache: null,
    simulated: false,
    losses: [],
    facts: null,
    metadata: random() < 0.3 ? { plan: user % 3 === 0 ? 'pro' : 'free', seats: user % 40 } : null,
    ttftMs: last.ttftMs,
    totalMs: Math.round((last.startMs + last.durationMs + 1) * 100) / 100,
  };
}

function attemptAt(
  model: number,
  success: boolean,
  startMs: number,
  random: () => number,
): AttemptOutcome {
  const provider = PROVIDERS[model % PROVIDERS.length] ?? 'openai';
  const usage: Usage = success
    ? {
        ...UNKNOWN_USAGE,
        input: Math.round(skewed(random, 900, 1.2)),
        cacheRead: random() < 0.4 ? Math.round(skewed(random, 2000, 1)) : 0,
        output: Math.round(skewed(random, 260, 1)),
        reasoning: random() < 0.2 ? Math.round(skewed(random, 400, 1)) : 0,
      }
    : UNKNOWN_USAGE;
  const ttftMs = success ? Math.round(skewed(random, 420, 0.8) * 100) / 100 : null;
  return {
    provider,
    model: `${provider}/model-${model}`,
    key: 'API_KEY',
    success,
    status: success ? 200 : 500,
    error: success ? null : 'upstream_error',
    message: success ? null : 'The provider answered 500.',
    startMs,
    ttftMs,
    durationMs: Math.round(((ttftMs ?? 90) + skewed(random, 1800, 0.9)) * 100) / 100,
    usage,
    costNano: success
      ? (usage.input ?? 0) * 1250 +
        (usage.cacheRead ?? 0) * 125 +
        ((usage.output ?? 0) + (usage.reasoning ?? 0)) * 10_000
      : 0,
    price: success ? `00000000000000${(model % 90) + 10}` : null,
  };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A UUIDv7 of this millisecond. */
function uuidAt(at: number, random: () => number): string {
  const time = at.toString(16).padStart(12, '0');
  const a = Math.floor(random() * 4_294_967_296);
  const b = Math.floor(random() * 4_294_967_296);
  const c = Math.floor(random() * 65_536);
  const byte = (of: number, shift: number) => HEX[(of >>> shift) & 255] ?? '00';
  return `${time.slice(0, 8)}-${time.slice(8)}-7${(a & 0xfff).toString(16).padStart(3, '0')}-${HEX[0x80 | (c & 0x3f)]}${byte(c, 8)}-${byte(b, 24)}${byte(b, 16)}${byte(b, 8)}${byte(b, 0)}${byte(a, 24)}${byte(a, 16)}`;
}
