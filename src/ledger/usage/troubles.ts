// Troubles: what of the log's maintenance failed. The rest goes on, and all that failed is told once, at its end.
import { GatewayError } from '../../core/errors.ts';
import type { LogStore } from '../log-store.ts';

/** Told of by name; the others are counted. */
const TOLD = 3;

export class Troubles {
  readonly #store: LogStore;
  readonly #told: string[] = [];
  #failed = 0;
  /** Days of which something could not be summed up. */
  readonly days = new Set<number>();

  constructor(store: LogStore) {
    this.#store = store;
  }

  /** Null: it failed, and other work may still be done. Rejects where the log is not there at all. */
  async attempt<T>(what: string, work: () => Promise<T>, day?: number): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (day !== undefined) this.days.add(day);
      this.#failed += 1;
      const why = error instanceof Error ? error.message : String(error);
      if (this.#told.length < TOLD) this.#told.push(`${what}: ${why.replace(/\.$/, '')}`);
    }
    // Where nothing can be read, everything else would fail as well, and each thing may take long to.
    const { build } = this.#store;
    await this.#store.read(build.selectFrom('open_hours').select('hour').limit(1).compile());
    return null;
  }

  /** Throws `storage_unavailable` where something failed. */
  end(): void {
    if (this.#failed === 0) return;
    const more = this.#failed - this.#told.length;
    throw new GatewayError(
      'storage_unavailable',
      `${this.#told.join('; ')}${more > 0 ? `; and ${more} more` : ''}. The rest was done; these are tried again.`,
    );
  }
}
