// ExportFigures: what one export has done since the start, and how it is doing, as it is told.
import type { Carried } from './courier.ts';
import type { ExportPatience } from './export-patience.ts';
import type { ExportStanding } from './export-standing.ts';
import type { ExportStatus } from './export-status.ts';
import type { LaneBatch } from './lane-batch.ts';
import type { Trouble } from './local-trouble.ts';

/** What the figures do not know by themselves. */
export interface ExportNow {
  readonly name: string;
  readonly type: string;
  readonly isPaused: boolean;
  readonly isOpen: boolean;
  readonly patience: ExportPatience;
  readonly batches: Iterable<LaneBatch>;
  /** What is wrong with the disk, the database or the log here. */
  readonly trouble: Trouble | null;
  readonly standing: ExportStanding;
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
    const { name, type, isPaused, isOpen, patience, trouble, standing } = now;
    const { kind, since, last, failures } = patience;
    const waiting = [...[...now.batches].map(({ oldestAt }) => oldestAt), standing.owedSince];
    const oldest = waiting.filter((at) => at !== null);
    const troubles = [since, trouble?.since ?? null].filter((at) => at !== null);
    const condition = isOpen ? 'ok' : 'starting';
    return {
      name,
      type,
      state: isPaused
        ? 'paused'
        : (CONDITIONS[kind ?? 'none'] ??
          (trouble !== null || since !== null ? 'retrying' : condition)),
      oldestAt: oldest.length === 0 ? null : Math.min(...oldest),
      delivered: this.#delivered,
      rejected: this.#rejected,
      lost: standing.lost,
      failures,
      deliveredAt: this.#deliveredAt,
      troubleSince: isPaused || troubles.length === 0 ? null : Math.min(...troubles),
      lastError: trouble?.why ?? last?.why ?? null,
      lastErrorAt: trouble === null ? (last?.at ?? null) : trouble.since,
      deadLetters: standing.deadLetters,
    };
  }
}

const CONDITIONS = { later: 'retrying', refused: 'refused', none: null } as const;
