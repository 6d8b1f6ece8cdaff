// Placing outcomes: which request each belongs to, and which model answered it. An outcome may come before its request is
// in the log, so it waits beside the others until it can be placed; nothing that is read depends on the order they came in.
// Runs on the experiments' own thread; the log is another's, so what it has of the requests comes from outside.
import type { Database } from 'bun:sqlite';

/** A request's row is in the log well before that. */
const SETTLED_AFTER_MS = 2000;
/** A request that is not in the log by then was lost or never was: its outcome goes by its user. */
const GIVE_UP_AFTER_MS = 60 * 60_000;
/** In one transaction: the log's writer waits for it. */
const AT_ONCE = 500;
export const DAY_MS = 86_400_000;

const WAITING = `SELECT w.id, w.user_id, w.at, w.received_at, o.metric, o.value, o.generation_id
  FROM outcomes_to_place w JOIN outcomes o ON o.user_id = w.user_id AND o.at = w.at AND o.id = w.id`;

interface Waiting {
  readonly id: string;
  readonly user_id: string;
  readonly at: number;
  readonly received_at: number;
  readonly metric: string;
  readonly value: number;
  readonly generation_id: string | null;
}

/** What the log has of a request. */
export interface PlacedRequest {
  readonly router_id: string | null;
  readonly route_id: string | null;
  readonly variant_id: string | null;
  readonly user: string | null;
  readonly model: string | null;
}

/** By generation id, all that were looked for; null: not in the log. */
export type LookedUp = ReadonlyMap<string, PlacedRequest | null>;

interface LastMet {
  readonly first_at: number;
  readonly last_at: number;
  readonly last_model: string | null;
}

/** Some outcomes that wait for the requests they name. */
export interface WaitingRequests {
  readonly generations: readonly string[];
  /** Ask again with it for the next; null: these were the last. */
  readonly after: string | null;
}

/** @param after '' at first */
export function waitingRequests(sqlite: Database, after: string): WaitingRequests {
  const waiting = sqlite
    .query<Waiting, [string, number]>(
      `${WAITING} WHERE w.id > ? AND o.generation_id IS NOT NULL ORDER BY w.id LIMIT ?`,
    )
    .all(after, AT_ONCE);
  const generations = waiting.flatMap(({ generation_id }) => generation_id ?? []);
  const next = waiting.length < AT_ONCE ? null : (waiting.at(-1)?.id ?? null);
  return { generations: [...new Set(generations)], after: next };
}

/** Places all that name a request that was looked for, where it was found or will not come any more. */
export function placeByRequest(sqlite: Database, now: number, lookedUp: LookedUp): void {
  const names = JSON.stringify([...lookedUp.keys()]);
  const waiting = sqlite
    .query<Waiting, [string]>(
      `${WAITING} WHERE o.generation_id IN (SELECT value FROM json_each(?)) ORDER BY w.id`,
    )
    .all(names);
  const ready = waiting.flatMap((outcome) => {
    const request = lookedUp.get(outcome.generation_id ?? '') ?? null;
    const isLost = outcome.received_at <= now - GIVE_UP_AFTER_MS;
    return request !== null || isLost ? [{ outcome, request }] : [];
  });
  for (let place = 0; place < ready.length; place += AT_ONCE)
    placeSome(sqlite, ready.slice(place, place + AT_ONCE));
}

/** Places all that name no request. */
export function placeByUser(sqlite: Database, now: number): void {
  for (;;) {
    const waiting = sqlite
      .query<Waiting, [number, number]>(
        `${WAITING} WHERE w.received_at <= ? AND o.generation_id IS NULL ORDER BY w.id LIMIT ?`,
      )
      .all(now - SETTLED_AFTER_MS, AT_ONCE);
    if (waiting.length === 0) return;
    placeSome(
      sqlite,
      waiting.map((outcome) => ({ outcome, request: null })),
    );
  }
}

interface Ready {
  readonly outcome: Waiting;
  readonly request: PlacedRequest | null;
}

function placeSome(sqlite: Database, ready: readonly Ready[]): void {
  const routes = knownRoutes(sqlite);
  const done = sqlite.query('DELETE FROM outcomes_to_place WHERE id = ?');
  const place = sqlite.transaction(() => {
    for (const { outcome, request } of ready) {
      // Another process at the same database may have been faster.
      if (done.run(outcome.id).changes === 0) continue;
      if (request !== null) moveToRequest(sqlite, outcome, request);
      countForModel(
        sqlite,
        outcome,
        request === null ? lastModel(sqlite, routes, outcome) : request.model,
      );
    }
    bumpRevision(sqlite);
  });
  place.immediate();
}

/** Told by one number: what is held in memory of outcomes is no longer what the database has. */
export function bumpRevision(sqlite: Database): void {
  sqlite.query("UPDATE revisions SET revision = revision + 1 WHERE name = 'outcomes'").run();
}

/** A request that no router sent on is marked with an empty router: its outcome is no variant's, whoever its user is. */
function moveToRequest(sqlite: Database, outcome: Waiting, request: PlacedRequest): void {
  sqlite
    .query(
      `UPDATE outcomes SET user_id = ?, router_id = ?, route_id = ?, variant_id = ?
        WHERE user_id = ? AND at = ? AND id = ?`,
    )
    .run(
      request.user ?? outcome.user_id,
      request.router_id ?? '',
      request.route_id ?? '',
      request.variant_id ?? '',
      outcome.user_id,
      outcome.at,
      outcome.id,
    );
}

function countForModel(
  sqlite: Database,
  { metric, at, value }: Waiting,
  model: string | null,
): void {
  if (model === null) return;
  sqlite
    .query(
      `INSERT INTO model_outcomes (metric, model, day, outcomes, sum) VALUES (?, ?, ?, 1, ?)
        ON CONFLICT DO UPDATE SET outcomes = outcomes + 1, sum = sum + excluded.sum`,
    )
    .run(metric, model, Math.floor(at / DAY_MS), value);
}

type RouteKey = readonly [router: string, route: string];

function knownRoutes(sqlite: Database): readonly RouteKey[] {
  return sqlite
    .query<{ router_id: string; route_id: string }, []>(
      'SELECT DISTINCT router_id, route_id FROM variant_days',
    )
    .all()
    .map(({ router_id, route_id }): RouteKey => [router_id, route_id]);
}

/** The model that answered the user last, as far as their meetings with variants tell. */
function lastModel(
  sqlite: Database,
  routes: readonly RouteKey[],
  { user_id, at }: Waiting,
): string | null {
  if (user_id === '') return null;
  const met = sqlite.query<LastMet, [string, string, string]>(
    'SELECT first_at, last_at, last_model FROM exposures WHERE router_id = ? AND route_id = ? AND user_id = ?',
  );
  const all = routes.flatMap((route) => met.all(...route, user_id));
  return latestBefore(all, at)?.last_model ?? null;
}

/**
 * The meeting that was the last one before a moment. First and last times are all that is known of each: one that began
 * before the moment and went on after it counts as of the moment, and of two such the one that began later.
 */
export function latestBefore<Met extends { readonly first_at: number; readonly last_at: number }>(
  all: readonly Met[],
  at: number,
): Met | null {
  let best: Met | null = null;
  for (const met of all) {
    if (met.first_at > at) continue;
    if (best === null) best = met;
    else {
      const ahead = Math.min(met.last_at, at) - Math.min(best.last_at, at);
      if (ahead > 0 || (ahead === 0 && met.first_at > best.first_at)) best = met;
    }
  }
  return best;
}
