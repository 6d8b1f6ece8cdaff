// rateHeaders: how much room a caller's rates leave, in the headers their dialect's clients read.
import type { DialectId } from '../core/dialect.ts';
import type { Room } from '../gateway/room.ts';
import type { MeterReading } from '../limits/meters/meter.ts';

type Kind = 'requests' | 'tokens';
type HeaderRecord = { [name: string]: string };

/** Null: the caller's rates are not limited. */
export function rateHeaders(
  dialect: DialectId,
  { readings, now: clock }: Pick<Room, 'readings' | 'now'>,
): Readonly<HeaderRecord> | null {
  if (readings.length === 0) return null;
  const now = clock();
  const headers: HeaderRecord = {};
  let any = false;
  for (const kind of ['requests', 'tokens'] as const) {
    const tightest = tightestOf(kind, readings);
    if (tightest === null) continue;
    any = true;
    if (dialect === 'anthropic-messages') tellAnthropic(headers, kind, tightest, now);
    else tellOpenAi(headers, kind, tightest, now);
  }
  return any ? headers : null;
}

/** The one with the least room: of a key and its user, who is stopped first. */
function tightestOf(kind: Kind, readings: readonly MeterReading[]): MeterReading | null {
  let tightest: MeterReading | null = null;
  for (const reading of readings) {
    if (reading.meter.kind !== kind) continue;
    if (tightest === null || remaining(reading) < remaining(tightest)) tightest = reading;
  }
  return tightest;
}

function remaining({ meter, used, held }: MeterReading): number {
  return Math.max(0, meter.limit - used - held);
}

/** platform.openai.com/docs/guides/rate-limits, "Rate limits in headers": until all of it is there again, as `6m0s`. */
function tellOpenAi(headers: HeaderRecord, kind: Kind, reading: MeterReading, now: number): void {
  const seconds = secondsUntil(reading, now);
  const minutes = Math.floor(seconds / 60);
  headers[`x-ratelimit-limit-${kind}`] = String(reading.meter.limit);
  headers[`x-ratelimit-remaining-${kind}`] = String(remaining(reading));
  headers[`x-ratelimit-reset-${kind}`] =
    minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}

/** platform.claude.com/docs/en/api/rate-limits, "Response headers": when all of it is there again, in RFC 3339. */
function tellAnthropic(
  headers: HeaderRecord,
  kind: Kind,
  reading: MeterReading,
  now: number,
): void {
  const at = new Date(now + secondsUntil(reading, now) * 1000);
  headers[`anthropic-ratelimit-${kind}-limit`] = String(reading.meter.limit);
  headers[`anthropic-ratelimit-${kind}-remaining`] = String(remaining(reading));
  headers[`anthropic-ratelimit-${kind}-reset`] = `${at.toISOString().slice(0, 19)}Z`;
}

function secondsUntil({ resetsAt }: MeterReading, now: number): number {
  return resetsAt === null ? 0 : Math.max(0, Math.ceil((resetsAt - now) / 1000));
}
