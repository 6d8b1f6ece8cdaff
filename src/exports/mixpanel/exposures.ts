// Exposures: the first time a user gets a variant, as the event Mixpanel's experiments begin with. Each is told once, as far as
// memory goes, and with the same time if it has to be told again: Mixpanel tells copies by event, user, id and time.
import { createHash } from 'node:crypto';
import type { LogRow } from '../../core/log-row.ts';
import type { ExposureMemory } from '../exposure-memory.ts';
import { distinctIdOf, NOBODY } from './distinct-id.ts';
import type { MixpanelEvent } from './request-event.ts';

const EVENT = '$experiment_started';
const MAX_REMEMBERED = 50_000;
/** Requests end in another order than they began; what is so much earlier comes of a back-fill, and is the first that counts. */
const EARLIER_MS = 3_600_000;
/** Of `$insert_id`. */
const ID_CHARS = 36;

export class Exposures {
  /** When each was, the one that was needed longest ago first. */
  readonly #told = new Map<string, number>();
  readonly #memory: ExposureMemory | null;
  readonly #max: number;

  constructor(memory: ExposureMemory | null = null, max = MAX_REMEMBERED) {
    this.#memory = memory;
    this.#max = max;
  }

  /** What the row says that was not told before; null: nothing. `batch` keeps what this batch says already. */
  of(row: LogRow, batch: Map<string, number>): MixpanelEvent | null {
    const { router_id: router, route_id: route, variant_id: variant } = row;
    const user = distinctIdOf(row.user);
    if (user === NOBODY || router === null || variant === null) return null;
    const experiment = route === null ? router : `${router}/${route}`;
    const id = exposureId([user, router, route ?? '', variant]);
    const at = this.#timeOf(id, Date.parse(row.at), batch);
    if (at === null) return null;
    batch.set(id, at);
    return {
      event: EVENT,
      properties: {
        'Experiment name': experiment,
        'Variant name': variant,
        router,
        ...(route === null ? {} : { route }),
        variant,
        time: at,
        distinct_id: user,
        $insert_id: id,
      },
    };
  }

  /** Before they are sent: what is sent again has the same time then. Throws the system's errors. */
  willTell(batch: ReadonlyMap<string, number>): void {
    this.#keep(batch, false);
  }

  /** They are there: not before may they be left out. Throws the system's errors. */
  told(batch: ReadonlyMap<string, number>): void {
    this.#keep(batch, true);
    for (const [id, at] of batch) this.#remember(id, at);
  }

  /** Null: it is told already. */
  #timeOf(id: string, at: number, batch: ReadonlyMap<string, number>): number | null {
    const inBatch = batch.get(id);
    if (inBatch !== undefined) return at > inBatch - EARLIER_MS ? null : at;
    const told = this.#told.get(id);
    if (told !== undefined && at > told - EARLIER_MS) {
      this.#remember(id, told);
      return null;
    }
    const kept = this.#memory?.find(id) ?? null;
    if (kept === null || at <= kept.at - EARLIER_MS) return at;
    if (!kept.told) return kept.at;
    this.#remember(id, kept.at);
    return null;
  }

  #keep(batch: ReadonlyMap<string, number>, told: boolean): void {
    this.#memory?.keep(new Map([...batch].map(([id, at]) => [id, { at, told }] as const)));
  }

  #remember(id: string, at: number): void {
    this.#told.delete(id);
    this.#told.set(id, at);
    if (this.#told.size <= this.#max) return;
    const [oldest] = this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
  }
}

function exposureId(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, ID_CHARS);
}
