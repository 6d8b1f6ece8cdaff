// What is known of a question's rows before any is read: how many there are, and whether they are still there.

import { HOUR_MS } from '../../lib/utc-day.ts';
import { ceilTo, startOf } from '../../lib/utc-periods.ts';
import type { LogStore, Stretch } from '../log-store.ts';
import { BOUNDED, type Cube, cubeWith, OTHER, TOTALS } from './cubes.ts';
import { planUsage, type UsagePlan } from './plan-usage.ts';
import { rankSums, type Wanted } from './read-sums.ts';
import { filtered, rowsAreGone } from './scan-rows.ts';
import type { UsageQuery } from './usage-query.ts';
import type { UsageState } from './usage-state.ts';

interface Asked {
  readonly store: LogStore;
  readonly query: UsageQuery;
  readonly stretch: Stretch;
  readonly state: UsageState;
  readonly now: number;
}

/** How many rows a scan goes through at least: by the filter that leaves the fewest, of which the log has an index. */
export async function knownRows(asked: Asked): Promise<number> {
  const counts = waysOf(asked.query).map(async ({ cube, wanted }) => {
    const plan = planUsage(asked.stretch, cube, null, asked.state, asked.now);
    return summedRequests(asked.store, cube, plan, wanted);
  });
  return Math.min(...(await Promise.all(counts)));
}

/** Throws `invalid_request` where rows would have to be read that are dropped, and sums say that there were some. */
export async function refuseDropped(asked: Asked, { rows }: UsagePlan): Promise<void> {
  const { store, query, state, now } = asked;
  const had = (hour: number) => hour < state.keptFrom && (state.counts.hour.get(hour) ?? 0) > 0;
  const gone = rows.filter(had);
  const [first] = gone;
  const last = gone.at(-1);
  if (first === undefined || last === undefined) return;
  // By whole days, which every cube has.
  const stretch = { from: startOf('day', first), to: ceilTo('day', last + HOUR_MS) };
  for (const { cube, wanted } of waysOf(query)) {
    // One who was not told apart has had some perhaps.
    if (cube.properties.includes(BOUNDED) && (await hasOthers({ ...asked, stretch }, cube)))
      continue;
    const plan = planUsage(stretch, cube, null, state, now);
    if (plan.rows.some(had)) continue;
    if ((await summedRequests(store, cube, plan, wanted)) === 0) return;
  }
  throw rowsAreGone(state.keptFrom);
}

async function hasOthers({ store, stretch, state, now }: Asked, cube: Cube): Promise<boolean> {
  const plan = planUsage(stretch, cube, null, state, now);
  return (await summedRequests(store, cube, plan, new Map([[BOUNDED, [OTHER]]]))) > 0;
}

/** All rows, and those that each of the filters leaves. */
function waysOf(query: UsageQuery): readonly { readonly cube: Cube; readonly wanted: Wanted }[] {
  return [null, ...filtered(query)].map((filter) => {
    const wanted: Wanted = new Map(filter === null ? [] : [[filter[0], [filter[1]]]]);
    return { cube: cubeWith('requests', [...wanted.keys()]) ?? TOTALS, wanted };
  });
}

async function summedRequests(
  store: LogStore,
  cube: Cube,
  plan: UsagePlan,
  wanted: Wanted,
): Promise<number> {
  let requests = 0;
  for await (const { value } of rankSums(store, cube, plan, wanted, [], ['requests']))
    requests += value;
  return requests;
}
