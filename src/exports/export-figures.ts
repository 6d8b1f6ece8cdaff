// ExportFigures: what one export has done since the start, and how it is doing, as it is told.
import type { Carried } from './courier.ts';
import type { ExportPatience } from './export-patience.ts';
import type { ExportStatus } from './export-status.ts';
import type { LaneBatch } from './lane-batch.ts';

/** What the figures do not know by themselves. */
export interface ExportNow {
  readonly name: string;
  readonly type: string;
  readonly isPaused: boolean;
  readonly isOpen: boolean;
  readonly patience: ExportPatience;
  readonly batches: Iterable<LaneBatch>;
  /** What is wrong with the disk or the database here. */
  readonly diskTrouble: string | null;
  readonly deadLetters: number;
}

export class ExportFigures {
  #delivered = 0;
  #rejected = 0;
  #deliveredAt: number | null = null;

  /** Unix milliseconds; 0: never. */
  get deliveredAt(): number {
    return this.#deliveredAt ?? 0;
  }

  count({ delivered, dead }: Pick<Carried, 'delivered' | 'dead'>, now: number): void {
    this.#delivered += delivered;
    this.#rejected += dead.length;
    if (delivered > 0) this.#deliveredAt = now;
  }

  told(now: ExportNow): ExportStatus {
    const { name, type, isPaused, isOpen, patience, diskTrouble, deadLetters } = now;
    const { kind, since, last, failures } = patience;
    const oldest = [...now.batches].flatMap(({ oldestAt }) => oldestAt ?? []);
    const trouble = kind === 'later' ? 'retrying' : (kind ?? (isOpen ? 'ok' : 'starting'));
    return {
      name,
      type,
      state: isPaused ? 'paused' : trouble,
      oldestAt: oldest.length === 0 ? null : Math.min(...oldest),
      delivered: this.#delivered,
      rejected: this.#rejected,
      failures,
      deliveredAt: this.#deliveredAt,
      troubleSince: isPaused ? null : since,
      lastError: diskTrouble ?? last?.why ?? null,
      lastErrorAt: last?.at ?? null,
      deadLetters,
    };
  }
}
