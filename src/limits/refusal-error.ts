// refusalError: what a caller is told whose request does not fit: which limit, how much of it is taken, and when there is room.
import { GatewayError } from '../core/errors.ts';
import { wantsOf } from './meters/count.ts';
import type { Demand, Meter, MeterReading, Refusal } from './meters/meter.ts';

const NANO_PER_DOLLAR = 1e9;
const PERIOD_WORDS = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' } as const;

export function refusalError(
  { refused, opensAt }: Refusal,
  demand: Demand,
  now: number,
): GatewayError {
  const isBudget = refused.meter.kind === 'budget';
  const said = `${limitWords(refused.meter)}: ${takenWords(refused)}. ${openingWords(refused, demand, opensAt)}`;
  // Room that is only held may be there again at any moment: until when is not known.
  const known = opensAt !== null && !isOnlyHeld(refused, demand);
  return new GatewayError(
    isBudget ? 'budget_exceeded' : 'rate_limit_exceeded',
    said,
    known ? { retryAfterS: Math.max(1, Math.ceil((opensAt - now) / 1000)) } : {},
  );
}

function limitWords({ kind, limit, period, of }: Meter): string {
  const whose = of.what === 'key' ? `The key "${of.name}"` : `The user "${of.name}"`;
  switch (kind) {
    case 'budget':
      return `${whose} may spend ${dollars(limit)} ${PERIOD_WORDS[period ?? 'total']}`;
    case 'requests':
      return `${whose} may make ${limit} requests a minute`;
    case 'tokens':
      return `${whose} may use ${limit} tokens a minute`;
    case 'concurrent':
      return `${whose} may have ${limit} requests under way at once`;
  }
}

function takenWords({ meter: { kind }, used, held }: MeterReading): string {
  switch (kind) {
    case 'budget':
      return `${dollars(used)} is spent and ${dollars(held)} held for requests under way`;
    case 'requests':
      return `${used} were made in the last 60 seconds`;
    case 'tokens':
      return `${used} were used in the last 60 seconds and ${held} are held for requests under way`;
    case 'concurrent':
      return `${held} are`;
  }
}

function openingWords(refused: MeterReading, demand: Demand, opensAt: number | null): string {
  const { kind, limit } = refused.meter;
  const wants = wantsOf(kind, demand);
  const asWhat = kind === 'budget' ? `cost up to ${dollars(wants)}` : `take up to ${wants} tokens`;
  if (kind === 'concurrent') return 'There is room when one of them ends.';
  if (kind !== 'requests' && wants > limit)
    return `This request alone may ${asWhat}, which is more: set a smaller limit to its output, or ask the operator for more.`;
  if (isOnlyHeld(refused, demand))
    return `This one may ${asWhat}: there is room when enough of those under way are over.`;
  if (opensAt === null && kind === 'tokens')
    return `This one may ${asWhat}: there is room a minute after enough of those under way are over.`;
  // What is left may look like room: the caller is told what it is too little for.
  const asks = kind === 'requests' || wants === 0 ? '' : `This one may ${asWhat}. `;
  if (opensAt === null) return `${asks}It opens when the operator raises it.`;
  return `${asks}It opens at ${new Date(opensAt).toISOString()}.`;
}

/** Whether it would fit but for requests that are still under way. */
function isOnlyHeld({ meter, used, held }: MeterReading, demand: Demand): boolean {
  return held > 0 && used + wantsOf(meter.kind, demand) <= meter.limit;
}

/** To the cent where it is whole cents, else as exact as it is. */
function dollars(nano: number): string {
  const usd = nano / NANO_PER_DOLLAR;
  return `$${nano % 1e7 === 0 ? usd.toFixed(2) : usd.toFixed(9).replace(/0+$/, '')}`;
}
