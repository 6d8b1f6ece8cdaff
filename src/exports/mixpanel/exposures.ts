// Exposures: the first time a user gets a variant, as the event Mixpanel's experiments begin with. Each is told once, as far as
// memory goes: after a restart, or past so many, it may be told again, which counts nobody twice there: the first one holds.
import { createHash } from 'node:crypto';
import type { LogRow } from '../../core/log-row.ts';
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
  readonly #max: number;

  constructor(max = MAX_REMEMBERED) {
    this.#max = max;
  }

  /** What the row says that was not told before; null: nothing. `batch` keeps what this batch says already. */
  of(row: LogRow, batch: Map<string, number>): MixpanelEvent | null {
    const { router_id: router, route_id: route, variant_id: variant } = row;
    const user = distinctIdOf(row.user);
    if (user === NOBODY || router === null || variant === null) return null;
    const experiment = route === null ? router : `${router}/${route}`;
    const id = exposureId([user, router, route ?? '', variant]);
    const at = Date.parse(row.at);
    if (at > (batch.get(id) ?? Number.POSITIVE_INFINITY) - EARLIER_MS) return null;
    const told = this.#told.get(id);
    if (told !== undefined && at > told - EARLIER_MS) {
      this.#remember(id, told);
      return null;
    }
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

  /** They are there: not before may they be left out. */
  told(batch: ReadonlyMap<string, number>): void {
    for (const [id, at] of batch) this.#remember(id, at);
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
