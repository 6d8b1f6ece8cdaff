// What callers are told: which limit, what is taken of it, when there is room.
import { expect, test } from 'bun:test';
import type { Meter, MeterReading } from './meters/meter.ts';
import { refusalError } from './refusal-error.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const DEMAND = { nano: 10_000_000, tokens: 50 };

function reading(meter: Partial<Meter>, used: number, held = 0): MeterReading {
  const of = { what: 'user', name: 'ann' } as const;
  const whole: Meter = { id: 'x', kind: 'budget', limit: 1e9, period: null, of, ...meter };
  return { meter: whole, used, held, resetsAt: null };
}

test.each([
  [
    reading({ period: 'day' }, 995_000_000, 1_000_000),
    NOON + 1500,
    'budget_exceeded',
    2,
    'The user "ann" may spend $1.00 a day: $0.995 is spent and $0.001 held for requests under way. This one may cost up to $0.01. It opens at 2026-11-25T12:00:01.500Z.',
  ],
  [
    reading({ period: 'total' }, 1e9),
    null,
    'budget_exceeded',
    undefined,
    'The user "ann" may spend $1.00 in all: $1.00 is spent and $0.00 held for requests under way. This one may cost up to $0.01. It opens when the operator raises it.',
  ],
  [
    reading({ period: 'month' }, 1000, 999_999_000),
    NOON + 9_000_000,
    'budget_exceeded',
    undefined,
    'The user "ann" may spend $1.00 a month: $0.000001 is spent and $0.999999 held for requests under way. This one may cost up to $0.01: there is room when enough of those under way are over.',
  ],
  [
    reading({ period: 'week', limit: 1_000_000 }, 0),
    null,
    'budget_exceeded',
    undefined,
    'The user "ann" may spend $0.001 a week: $0.00 is spent and $0.00 held for requests under way. This request alone may cost up to $0.01, which is more: set a smaller limit to its output, or ask the operator for more.',
  ],
  [
    reading({ kind: 'requests', limit: 5 }, 5),
    NOON + 12_000,
    'rate_limit_exceeded',
    12,
    'The user "ann" may make 5 requests a minute: 5 were made in the last 60 seconds. It opens at 2026-11-25T12:00:12.000Z.',
  ],
  [
    reading({ kind: 'tokens', limit: 1000 }, 900, 60),
    NOON + 100,
    'rate_limit_exceeded',
    undefined,
    'The user "ann" may use 1000 tokens a minute: 900 were used in the last 60 seconds and 60 are held for requests under way. This one may take up to 50 tokens: there is room when enough of those under way are over.',
  ],
  [
    reading({ kind: 'tokens', limit: 1000 }, 960),
    NOON + 30_000,
    'rate_limit_exceeded',
    30,
    'The user "ann" may use 1000 tokens a minute: 960 were used in the last 60 seconds and 0 are held for requests under way. This one may take up to 50 tokens. It opens at 2026-11-25T12:00:30.000Z.',
  ],
  [
    // Also when those under way are over there is no room for a minute.
    reading({ kind: 'tokens', limit: 100 }, 51, 49),
    null,
    'rate_limit_exceeded',
    undefined,
    'The user "ann" may use 100 tokens a minute: 51 were used in the last 60 seconds and 49 are held for requests under way. This one may take up to 50 tokens: there is room a minute after enough of those under way are over.',
  ],
  [
    reading({ kind: 'concurrent', limit: 2, of: { what: 'key', name: 'app' } }, 0, 2),
    null,
    'rate_limit_exceeded',
    undefined,
    'The key "app" may have 2 requests under way at once: 2 are. There is room when one of them ends.',
  ],
] as const)('%#', (refused, opensAt, code, retryAfterS, message) => {
  const error = refusalError({ refused, opensAt }, DEMAND, NOON);
  expect({ ...error.details, code: error.code, message: error.message }).toEqual({
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
    code,
    message,
  });
});
