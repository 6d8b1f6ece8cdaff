// What was taken of limits, as keys and users are shown with it.
import { GatewayError } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Limiter } from '../limits/limiter.ts';
import type { MeterKind, MeterReading } from '../limits/meters/meter.ts';

const NANO_PER_DOLLAR = 1e9;

/** Null: nothing is limited, or nobody can tell just now. */
export type ShownUsage = JsonObject | null;

/** Of one. */
export async function usageOf(
  gateway: Pick<Gateway, 'limits'>,
  read: (limits: Limiter) => Promise<readonly MeterReading[]>,
): Promise<ShownUsage> {
  const [usage] = await usagesOf(gateway, async (limits) => [await read(limits)]);
  return usage ?? null;
}

/** Of each that is read, in its order; none where nobody can tell just now. */
export async function usagesOf(
  gateway: Pick<Gateway, 'limits'>,
  read: (limits: Limiter) => Promise<readonly (readonly MeterReading[])[]>,
): Promise<readonly ShownUsage[]> {
  try {
    const each = await read(gateway.limits);
    return each.map((readings) => (readings.length === 0 ? null : shownUsage(readings)));
  } catch (thrown) {
    // Whoever looks at a key is not kept from it by a store of counts that cannot be reached.
    if (thrown instanceof GatewayError && thrown.code === 'limits_unavailable') return [];
    throw thrown;
  }
}

function shownUsage(readings: readonly MeterReading[]): JsonObject {
  return {
    budgets: readings.filter(({ meter }) => meter.kind === 'budget').map(shownBudget),
    requests_this_minute: taken(readings, 'requests'),
    tokens_this_minute: taken(readings, 'tokens'),
    concurrent: taken(readings, 'concurrent'),
  };
}

function shownBudget({ meter, used, held, resetsAt }: MeterReading): JsonObject {
  return {
    period: meter.period,
    amount_usd: dollars(meter.limit),
    spent_usd: dollars(used),
    held_usd: dollars(held),
    // What was under way when the last of it was promised may have cost more than was expected.
    remaining_usd: dollars(Math.max(0, meter.limit - used - held)),
    resets_at: resetsAt === null ? null : new Date(resetsAt).toISOString(),
  };
}

/** Null: it is not limited, so nobody counts. */
function taken(readings: readonly MeterReading[], kind: MeterKind): number | null {
  const reading = readings.find(({ meter }) => meter.kind === kind);
  return reading === undefined ? null : reading.used + reading.held;
}

function dollars(nano: number): number {
  return nano / NANO_PER_DOLLAR;
}
