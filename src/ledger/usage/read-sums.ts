// Sums out of the table `usage`, whole periods of them.
import { type CompiledQuery, sql } from 'kysely';
import type { Grain } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { type Cube, MEASURES, type Measure, type Property } from './cubes.ts';
import { ALL_FIGURES, type Figures } from './fields.ts';
import type { UsagePlan } from './plan-usage.ts';
import type { StoredSum } from './sums.ts';

/** Rows read at once, in periods: an hour has some thousand, so that a year of them is not in memory together. */
const PERIODS_AT_ONCE = 200;

/** What its rows must be: each property one of these. */
export type Wanted = ReadonlyMap<Property, readonly string[]>;

export type SumRow = StoredSum & { readonly [P in Property]: string } & { readonly at: number };

interface Part {
  readonly cube: Cube;
  readonly grain: Grain;
  readonly at: readonly number[];
  readonly wanted: Wanted;
}

/** Every row, in no order, and of it the figures. */
export async function* readSums(
  store: LogStore,
  cube: Cube,
  plan: Pick<UsagePlan, 'sums'>,
  wanted: Wanted,
  { measures, ttft, total }: Figures,
): AsyncGenerator<readonly SumRow[]> {
  const histograms = [...(ttft ? (['ttft'] as const) : []), ...(total ? (['total'] as const) : [])];
  const columns = ['at' as const, ...cube.properties, ...measures, ...histograms];
  let next: Promise<readonly SumRow[]> | null = null;
  for (const part of parts(cube, plan, wanted)) {
    const query = from(store, part).select(columns).compile();
    const asked = store.read(query as unknown as CompiledQuery<SumRow>);
    // Whoever asked may have gone by the time it fails.
    asked.catch(() => undefined);
    // PostgreSQL finds the next ones while these are used.
    if (next !== null) yield await next;
    next = asked;
  }
  if (next !== null) yield await next;
}

export interface Ranked {
  readonly combination: readonly string[];
  readonly value: number;
}

/** What some measures came to together, by some properties. A combination may come several times. */
export async function* rankSums(
  store: LogStore,
  cube: Cube,
  plan: Pick<UsagePlan, 'sums'>,
  wanted: Wanted,
  by: readonly Property[],
  measures: readonly Measure[],
): AsyncGenerator<Ranked> {
  // PostgreSQL sums whole numbers as decimals of any length, in several times the time; a double is what becomes of them here.
  const together = measures.map(
    (measure) => sql`sum(cast(${sql.ref(measure)} as double precision))`,
  );
  const value = sql<number>`${sql.join(together, sql` + `)}`.as('value');
  for (const part of parts(cube, plan, wanted)) {
    const selected = from(store, part).select([...by, value]);
    const query = (by.length === 0 ? selected : selected.groupBy([...by])).compile();
    for (const row of await store.read(query))
      yield {
        combination: by.map((property) => String(row[property] ?? '')),
        value: Number(row.value),
      };
  }
}

function* parts(cube: Cube, { sums }: Pick<UsagePlan, 'sums'>, wanted: Wanted): Generator<Part> {
  for (const grain of ['week', 'day', 'hour'] as const)
    for (let first = 0; first < sums[grain].length; first += PERIODS_AT_ONCE)
      yield { cube, grain, at: sums[grain].slice(first, first + PERIODS_AT_ONCE), wanted };
}

/** As in the table's key, after the time. */
const KEY_ORDER: readonly Property[] = [
  ...(['key_id', 'user_id', 'router_id', 'route_id', 'variant_id'] as const),
  ...(['model', 'provider', 'endpoint'] as const),
];

/** Every column of the key up to the last one wanted is given, so that the database seeks and does not walk; more would only be compared. */
function from({ build }: LogStore, { cube, grain, at, wanted }: Part) {
  let query = build
    .selectFrom('usage')
    .where('cube', '=', cube.name)
    .where('grain', '=', grain)
    .where('at', 'in', at);
  const last = KEY_ORDER.findLastIndex((property) => wanted.has(property));
  for (const property of KEY_ORDER.slice(0, last + 1)) {
    const values = wanted.get(property);
    if (values !== undefined) query = query.where(property, 'in', values);
    else if (!cube.properties.includes(property)) query = query.where(property, '=', '');
  }
  return query;
}

/** Of one property there may be as many sums as there are users: some megabytes. */
const SUMS_AT_ONCE = 4000;

/** For those who read one cube at some times of one grain. */
export async function* sumsAt(
  store: LogStore,
  cube: Cube,
  grain: Grain,
  at: readonly number[],
): AsyncGenerator<readonly SumRow[]> {
  const [property] = cube.properties;
  if (at.length !== 1 || property === undefined || cube.properties.length > 1) {
    const sums = { week: [], day: [], hour: [], [grain]: at };
    yield* readSums(store, cube, { sums }, new Map(), ALL_FIGURES);
    return;
  }
  const before = KEY_ORDER.slice(0, KEY_ORDER.indexOf(property));
  let query = from(store, { cube, grain, at, wanted: new Map() })
    .select(['at', property, ...MEASURES, 'ttft', 'total'])
    .orderBy(property)
    .limit(SUMS_AT_ONCE);
  for (const other of before) query = query.where(other, '=', '');
  for (let last: string | null = null; ; ) {
    const next: typeof query = last === null ? query : query.where(property, '>', last);
    const rows: readonly SumRow[] = await store.read(
      next.compile() as unknown as CompiledQuery<SumRow>,
    );
    if (rows.length > 0) yield rows;
    if (rows.length < SUMS_AT_ONCE) return;
    last = rows.at(-1)?.[property] ?? '';
  }
}

/** How many requests the sums of a cube are of, at each of these times. */
export async function requestsAt(
  store: LogStore,
  cube: Cube,
  grain: Grain,
  at: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const requests = sql<number>`sum(requests)`.as('requests');
  const query = from(store, { cube, grain, at, wanted: new Map() })
    .select(['at', requests])
    .groupBy('at');
  const rows = await store.read(query.compile());
  return new Map(rows.map((row) => [Number(row.at), Number(row.requests)]));
}
