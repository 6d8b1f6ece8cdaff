// Other weights for a route, and nothing else other; what is refused, by its path.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { ramped } from './ramp.ts';

const route = (route_id: string, ...weights: readonly [string, number][]) => ({
  route_id,
  variants: weights.map(([variant_id, weight]) => ({
    variant: { variant_id, model_id: 'a/b' },
    weight,
  })),
});
const SPLIT = route('default', ['old', 90], ['new', 10]);
const ONE: JsonObject = { name: 'routers/r', displayName: 'R', defaultRoute: SPLIT };
const TWO: JsonObject = {
  ...ONE,
  routes: [{ condition: 'plan == "free"', route: route('free', ['x', 100], ['y', 0]) }],
};

function refusal(resource: JsonObject, body: JsonObject): string {
  try {
    ramped(resource, body);
  } catch (error) {
    if (error instanceof GatewayError) return `${error.details.param}: ${error.message}`;
  }
  throw new Error('it was taken');
}

describe('taken', () => {
  test('weights for the only route', () => {
    expect(ramped(ONE, { weights: { old: 80, new: 20 } })).toEqual({
      ...ONE,
      defaultRoute: route('default', ['old', 80], ['new', 20]),
    });
    expect(ramped(ONE, { weights: { old: 33.33, new: 66.67 } })).toEqual({
      ...ONE,
      defaultRoute: route('default', ['old', 33.33], ['new', 66.67]),
    });
  });

  test('a winner, and a route by its id in either casing', () => {
    const won = { ...TWO, defaultRoute: route('default', ['old', 0], ['new', 100]) };
    expect(ramped(TWO, { route_id: 'default', winner: 'new' })).toEqual(won);
    expect(ramped(TWO, { routeId: 'free', weights: { x: 50, y: 50 } })).toEqual({
      ...TWO,
      routes: [{ condition: 'plan == "free"', route: route('free', ['x', 50], ['y', 50]) }],
    });
  });
});

test.each<[JsonObject, JsonObject, string]>([
  [TWO, { winner: 'new' }, 'route_id: route_id must say which route is meant: free, default'],
  [
    ONE,
    { route_id: 'defalt', winner: 'new' },
    'route_id: route_id names no route of this router. Did you mean "default"?',
  ],
  [ONE, {}, 'weights: weights or winner must be there'],
  [
    ONE,
    { winner: 'new', weights: { old: 0, new: 100 } },
    'weights: weights or winner must be there',
  ],
  [ONE, { winner: 'best' }, 'winner: winner names no variant of the route. It has: old, new.'],
  [ONE, { weights: [90, 10] }, 'weights: weights must be an object'],
  [ONE, { weights: { old: 100 } }, 'weights.new: weights.new is missing'],
  [
    ONE,
    { weights: { old: 50, new: 25, third: 25 } },
    'weights.third: weights.third names no variant',
  ],
  [
    ONE,
    { weights: { old: 50, new: 49 } },
    'weights: weights must sum to exactly 100; these sum to 99',
  ],
  [
    ONE,
    { weights: { old: 110, new: -10 } },
    'weights.old: weights.old must be a number from 0 to 100',
  ],
  [ONE, { weights: { old: 99.999, new: 0.001 } }, 'weights.old: weights.old must be a number'],
  [ONE, { weights: { old: '50', new: 50 } }, 'weights.old: weights.old must be a number'],
])('%j refuses %j', (resource, body, message) => {
  expect(refusal(resource, body)).toContain(message);
});
