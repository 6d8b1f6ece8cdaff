// Health: what each kind of end means for whom, who is admitted, what is told; all by a clock that the test moves.
import { beforeEach, describe, expect, test } from 'bun:test';
import { ERRORS, type ErrorCode, type ErrorDetails, GatewayError } from '../../core/errors.ts';
import type { HealthTarget } from '../../core/health.ts';
import { Health } from './health.ts';
import type { CallEnd, HealthCall } from './health-call.ts';
import { healthSettings } from './settings.ts';

const A1: HealthTarget = { provider: 'a', model: 'm', key: 'key-1', region: null };
const A2 = { ...A1, key: 'key-2' };
const OTHER_MODEL = { ...A1, model: 'n' };
const ELSEWHERE = { ...A1, region: 'eu-west-1' };
const B = { ...A1, provider: 'b' };
const ALL = [A1, A2, OTHER_MODEL, ELSEWHERE, B];

let now: number;
let chance: number;
/** Soon enough for a test. */
const SOON = { min_failures: 5, cool_after: 1 };
let settings = healthSettings(SOON);
let health: Health;
const clock = { now: () => now, chance: () => chance, settings: () => settings };

beforeEach(() => {
  now = 1000;
  chance = 0;
  settings = healthSettings(SOON);
  health = new Health(clock);
});

const WELL: CallEnd = {
  error: null,
  promptTokens: null,
  outputTokens: null,
  streamMs: null,
  counts: true,
};

function endOf(code: ErrorCode, details: ErrorDetails = {}): CallEnd {
  return { ...WELL, error: new GatewayError(code, 'It failed.', details) };
}

const REFUSED = endOf('upstream_unreachable', { upstreamCode: 'refused' });

function ask(target: HealthTarget, end: CallEnd = WELL): void {
  health.began(target).ended(end);
}

function askTimes(times: number, target: HealthTarget, end: CallEnd): void {
  for (let time = 0; time < times; time++) ask(target, end);
}

/** Those of all targets that may be asked now; a look, without asking. */
function admissible(): readonly HealthTarget[] {
  return ALL.filter((target) => health.standing(target).admissible);
}

const without = (...targets: readonly HealthTarget[]) =>
  ALL.filter((target) => !targets.includes(target));

const IGNORED: readonly ErrorCode[] = [
  'client_closed',
  'race_lost',
  'shutting_down',
  'total_timeout',
  'provider_busy',
  'internal',
  'unsupported_feature',
  'upstream_invalid_request',
  'upstream_context_length',
  'upstream_not_found',
  'upstream_too_large',
  'upstream_unprocessable',
];
const FAILURES: readonly ErrorCode[] = [
  'upstream_error',
  'upstream_unavailable',
  'upstream_overloaded',
  'upstream_unreachable',
  'upstream_first_token_timeout',
  'upstream_idle_timeout',
  'upstream_too_slow',
  'upstream_timeout',
  'upstream_stream_truncated',
  'upstream_invalid_response',
];

describe('what rules out whom', () => {
  test('nothing is known: all are ready', () => {
    for (const target of ALL) {
      expect(health.admits(target)).toBe(true);
      expect(health.standing(target)).toEqual({
        state: 'ready',
        forMs: 0,
        admissible: true,
        errorRate: null,
        degraded: false,
      });
    }
    expect(health.report()).toEqual([]);
  });

  test.each(FAILURES)('%s: the model there, with every key', (code) => {
    askTimes(4, A1, endOf(code));
    expect(admissible()).toEqual(ALL);
    ask(A2, endOf(code));
    expect(admissible()).toEqual(without(A1, A2));
    expect(health.standing(A2)).toMatchObject({ state: 'open', forMs: 5000 });
    expect(ALL.filter((target) => health.admits(target))).toEqual(without(A1, A2));
  });

  test.each(IGNORED)('%s: nobody', (code) => {
    askTimes(20, A1, endOf(code));
    expect(admissible()).toEqual(ALL);
    expect(health.standing(A1).errorRate ?? 0).toBe(0);
  });

  test('every error has its meaning here', () => {
    const others = Object.keys(ERRORS).filter((code) => code.startsWith('upstream_'));
    const cooled = ['auth', 'payment_required', 'forbidden', 'rate_limited'];
    const known = [...IGNORED, ...FAILURES, ...cooled.map((word) => `upstream_${word}`)];
    expect(others.filter((code) => !known.includes(code))).toEqual(['upstream_connect_timeout']);
  });

  test.each([
    ['a refused connection', REFUSED],
    ['no connection in time', endOf('upstream_connect_timeout')],
  ])('%s: all the provider has there, and not what it has elsewhere', (_, end) => {
    ask(A1, end);
    ask(A2, end);
    askTimes(3, { ...A1, model: 'unheard-of' }, end);
    expect(admissible()).toEqual([ELSEWHERE, B]);
    expect(health.standing({ ...A1, model: 'never-asked' })).toMatchObject({ state: 'open' });
    expect(health.admits({ ...A1, model: 'never-asked' })).toBe(false);
  });

  test('a refused connection, and one request finds out for all models', () => {
    askTimes(5, A1, REFUSED);
    now += 5000;
    expect(health.admits(OTHER_MODEL)).toBe(true);
    expect(health.admits(A1)).toBe(false);
    expect(health.standing(A1)).toMatchObject({ state: 'probing', forMs: 10_000 });
    // Whatever it says, somebody is there again.
    ask(OTHER_MODEL, endOf('upstream_error'));
    expect(admissible()).toEqual(ALL);
  });

  test('who was to find out whether anybody is there and says nothing passes it on', () => {
    askTimes(5, A1, REFUSED);
    now += 5000;
    expect(health.admits(OTHER_MODEL)).toBe(true);
    ask(OTHER_MODEL, { ...endOf('client_closed'), counts: false });
    expect(health.admits(A1)).toBe(true);
    expect(health.admits(OTHER_MODEL)).toBe(false);
  });

  test.each(['upstream_auth', 'upstream_payment_required'] as const)(
    '%s: the key, for all models',
    (code) => {
      ask(A1, endOf(code));
      expect(health.standing(A1)).toMatchObject({ state: 'cooling', forMs: 30_000 });
      expect(admissible()).toEqual(without(A1, OTHER_MODEL, ELSEWHERE));
      expect(health.admits({ ...A1, model: 'never-asked' })).toBe(false);
      now += 30_000;
      expect(admissible()).toEqual(ALL);
    },
  );

  test('upstream_forbidden: the key, for this model', () => {
    ask(A1, endOf('upstream_forbidden'));
    expect(health.standing(A1)).toMatchObject({ state: 'cooling', forMs: 30_000 });
    expect(admissible()).toEqual(without(A1));
  });

  test('upstream_rate_limited: the key, for this model there, for as long as it says', () => {
    ask(A1, endOf('upstream_rate_limited', { retryAfterS: 12 }));
    expect(health.standing(A1)).toMatchObject({ state: 'cooling', forMs: 12_000 });
    expect(admissible()).toEqual(without(A1));
    now += 12_000;
    expect(health.admits(A1)).toBe(true);
  });

  test('upstream_rate_limited that says no time: longer with each in a row, until an answer', () => {
    const waits: number[] = [];
    for (let row = 0; row < 3; row++) {
      ask(A1, endOf('upstream_rate_limited'));
      waits.push(health.standing(A1).forMs);
      now += health.standing(A1).forMs;
    }
    expect(waits).toEqual([1000, 2000, 4000]);
    ask(A1);
    ask(A1, endOf('upstream_rate_limited'));
    expect(health.standing(A1).forMs).toBe(1000);
  });

  test('429s never open the circuit, and do not hide failures either', () => {
    askTimes(50, A1, endOf('upstream_rate_limited'));
    now += 100_000;
    expect(health.standing(A1).state).toBe('ready');
    askTimes(20, A1, endOf('upstream_rate_limited'));
    askTimes(5, A2, endOf('upstream_error'));
    expect(health.standing(A2).state).toBe('open');
  });

  test('an answer from a target that was asked while it cooled ends that', () => {
    ask(A1, endOf('upstream_auth'));
    ask(OTHER_MODEL, endOf('upstream_forbidden'));
    now += 10;
    ask(A1);
    expect(admissible()).toEqual(without(OTHER_MODEL));
  });

  test('ends that do not count: nobody, and they are not counted', () => {
    for (const code of [...FAILURES, 'upstream_rate_limited', 'upstream_auth'] as const)
      askTimes(10, A1, { ...endOf(code), counts: false });
    expect(admissible()).toEqual(ALL);
    expect(health.report()[0]).toMatchObject({ requests: 0, errors: 0, inFlight: 0 });
  });

  test('not enabled: nobody, but it is counted', () => {
    settings = healthSettings({ enabled: false });
    askTimes(10, A1, endOf('upstream_error'));
    ask(A1, endOf('upstream_auth'));
    expect(ALL.filter((target) => health.admits(target))).toEqual(ALL);
    expect(admissible()).toEqual(ALL);
    expect(health.report()[0]).toMatchObject({ requests: 11, errors: 11 });
  });
});

describe('finding out', () => {
  beforeEach(() => {
    askTimes(5, A1, endOf('upstream_error'));
    now += 5000;
  });

  test('looking takes nobody’s place', () => {
    for (let look = 0; look < 5; look++)
      expect(health.standing(A1)).toMatchObject({ state: 'probing', forMs: 0, admissible: true });
    expect(health.admits(A1)).toBe(true);
    expect(health.standing(A1)).toMatchObject({ state: 'probing', admissible: false });
    expect(health.admits(A2)).toBe(false);
  });

  test('an end that says nothing passes it on', () => {
    expect(health.admits(A1)).toBe(true);
    ask(A1, { ...endOf('client_closed'), counts: false });
    expect(health.admits(A2)).toBe(true);
    ask(A2, endOf('upstream_rate_limited'));
    now += 1000;
    expect(health.admits(A1)).toBe(true);
    ask(A1);
    expect(admissible()).toEqual(ALL);
    expect(health.standing(A1).state).toBe('ready');
  });

  test('the first content closes it, and a stream that is then cut opens it for longer', () => {
    expect(health.admits(A1)).toBe(true);
    const call = health.began(A1);
    call.firstContent(200, 100);
    expect(admissible()).toEqual(ALL);
    call.ended(endOf('upstream_stream_truncated'));
    expect(health.standing(A1)).toMatchObject({ state: 'open', forMs: 10_000 });
  });

  test('the caller’s own mistake shows that somebody answers', () => {
    expect(health.admits(A1)).toBe(true);
    ask(A1, endOf('upstream_invalid_request'));
    expect(health.standing(A1).state).toBe('ready');
  });

  test('a call is told its end once', () => {
    const call = health.began(A2);
    call.ended(WELL);
    for (let time = 0; time < 9; time++) call.ended(endOf('upstream_error'));
    call.firstContent(5, 5);
    expect(health.report().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
    expect(health.standing(A2).state).toBe('ready');
  });
});

describe('degraded', () => {
  test('from a fifth of ten calls on', () => {
    askTimes(7, A1, WELL);
    askTimes(2, A1, endOf('upstream_error'));
    expect(health.standing(A2)).toMatchObject({ degraded: false, errorRate: 2 / 9 });
    ask(A2);
    expect(health.standing(A1)).toMatchObject({ state: 'ready', degraded: true, errorRate: 0.2 });
    expect(health.admits(A1)).toBe(true);
    expect(health.standing(OTHER_MODEL).degraded).toBe(false);
    now += 30_000;
    expect(health.standing(A1)).toMatchObject({ degraded: false, errorRate: null });
  });

  test('a model is no better than its provider’s address', () => {
    askTimes(8, A1, WELL);
    askTimes(4, OTHER_MODEL, REFUSED);
    expect(health.standing(A1)).toMatchObject({ degraded: true, errorRate: 1 / 3 });
    expect(health.standing(ELSEWHERE).degraded).toBe(false);
  });
});

describe('what is told', () => {
  test('of each target by name, what happened in the window', () => {
    askTimes(2, B, WELL);
    ask(A2, endOf('upstream_rate_limited', { retryAfterS: 3 }));
    ask(A1, endOf('upstream_overloaded'));
    ask(A1, endOf('upstream_invalid_request'));
    ask(A1, endOf('upstream_error'));
    ask(A1, endOf('upstream_error'));
    const open = health.began(A1);
    now += 500;
    const [a1, a2, b] = health.report();
    expect(a1).toMatchObject({
      target: A1,
      standing: { state: 'ready' },
      requests: 4,
      errors: 3,
      errorsByCode: { upstream_overloaded: 1, upstream_error: 2 },
      inFlight: 1,
      consecutiveFailures: 2,
      lastError: { code: 'upstream_error', agoMs: 500 },
    });
    expect(a2).toMatchObject({
      target: A2,
      standing: { state: 'cooling', forMs: 2500 },
      errorsByCode: { upstream_rate_limited: 1 },
      consecutiveFailures: 1,
    });
    expect(b).toMatchObject({ requests: 2, errors: 0, errorsByCode: {}, lastError: null });
    open.ended(WELL);
    now += 30_000;
    expect(health.report()[0]).toMatchObject({
      requests: 0,
      errors: 0,
      errorsByCode: {},
      consecutiveFailures: 0,
      lastError: { code: 'upstream_error' },
    });
  });

  test('how soon streams begin, by the size of the prompt', () => {
    for (let ms = 1; ms <= 50; ms++) health.began(A1).firstContent(ms, 500);
    health.began(A2).firstContent(1000, 7999);
    // Counted only at the end.
    const late = health.began(A1);
    late.firstContent(4000, null);
    late.ended({ ...WELL, promptTokens: 200_000 });
    const never = health.began(A1);
    never.firstContent(77, null);
    never.ended(endOf('upstream_error'));
    const model = { provider: 'a', model: 'm', region: null };
    expect(health.ttft(model, 999)).toEqual({ samples: 50, p5: 3, p50: 25, p95: 48, p99: 50 });
    expect(health.ttft(model, 1000)).toMatchObject({ samples: 1, p50: 1000 });
    expect(health.ttft({ ...model, key: 'key-1' }, 1000)).toMatchObject({ samples: 0, p50: null });
    expect(health.ttft(model, 128_000)).toMatchObject({ samples: 1, p50: 4000 });
    expect(health.ttft(model, null).samples).toBe(53);
    expect(health.ttft({ ...model, model: 'x' }, null)).toEqual({
      samples: 0,
      p5: null,
      p50: null,
      p95: null,
      p99: null,
    });
    const sizes = health.report()[0]?.ttftMsByPromptSize.map(([size]) => size);
    expect(sizes).toEqual(['under_1k', 'over_128k', 'unknown']);
  });

  test('how fast streams go, of those that are long enough to tell', () => {
    const model = { provider: 'a', model: 'm', region: null };
    const stream = { ...WELL, promptTokens: 100, outputTokens: 200, streamMs: 4000 };
    ask(A1, stream);
    ask(A1, { ...stream, outputTokens: 3 });
    ask(A1, { ...stream, streamMs: 1 });
    ask(A1, { ...stream, streamMs: null });
    ask(A1, { ...stream, outputTokens: null });
    ask(A1, { ...stream, error: new GatewayError('upstream_stream_truncated', 'Cut.') });
    expect(health.throughput(model, 100)).toMatchObject({ samples: 1, p50: 50, p5: 50 });
    now += 600_001;
    expect(health.throughput(model, 100).samples).toBe(0);
  });

  test('the last of many measurements', () => {
    for (let ms = 1; ms <= 1000; ms++) health.began(A1).firstContent(ms, 1);
    const spread = health.ttft({ provider: 'a', model: 'm', region: null }, 1);
    expect(spread).toMatchObject({ samples: 64, p5: 940, p99: 1000 });
  });
});

describe('memory', () => {
  test('is bounded: those longest unasked are forgotten', () => {
    health = new Health(clock, 100);
    for (let at = 0; at < 5000; at++) {
      now += 1;
      ask({ ...A1, model: `made-up-${at}` }, endOf('upstream_not_found'));
      if (at % 10 === 0) ask(B, endOf('upstream_rate_limited', { retryAfterS: 60 }));
    }
    const names = health.report().map(({ target }) => target);
    expect(names.length).toBeLessThanOrEqual(100);
    expect(names).toContainEqual(B);
    expect(names).toContainEqual({ ...A1, model: 'made-up-4999' });
    expect(names).not.toContainEqual({ ...A1, model: 'made-up-4000' });
    expect(health.standing(B).state).toBe('cooling');
    const b = health.report().find(({ target }) => target.provider === 'b');
    expect(b?.consecutiveFailures).toBe(500);
  });

  test('asking about targets remembers none', () => {
    for (let at = 0; at < 100; at++) {
      health.admits({ ...A1, model: `m-${at}` });
      health.standing({ ...A1, model: `m-${at}` });
      health.ttft({ ...A1, model: `m-${at}` }, null);
    }
    expect(health.report()).toEqual([]);
  });

  test('a call of a forgotten target ends all the same', () => {
    health = new Health(clock, 10);
    const call: HealthCall = health.began(A1);
    for (let at = 0; at < 100; at++) {
      now += 1;
      ask({ ...A1, model: `made-up-${at}` });
    }
    call.firstContent(1, 1);
    call.ended(endOf('upstream_error'));
    expect(health.report().some(({ target }) => target.model === 'm')).toBe(false);
  });
});

test('settings that change hold at once', () => {
  askTimes(2, A1, endOf('upstream_error'));
  settings = healthSettings({ min_failures: 3, open_for: 1000 });
  ask(A1, endOf('upstream_error'));
  expect(health.standing(A1)).toMatchObject({ state: 'open', forMs: 1000 });
  settings = healthSettings({ enabled: false });
  expect(health.admits(A1)).toBe(true);
});
