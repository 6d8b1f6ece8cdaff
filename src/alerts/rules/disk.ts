// Disk: the volume of the data folder is nearly full. Without room there is no log, no key and no budget.
import type { RuleSettings } from '../alert-settings.ts';
import type { Rule } from '../finding.ts';
import { bytes, percent } from '../told-figures.ts';

export interface DiskRoom {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** What is above its threshold by this much is over. */
const SLACK = 1.1;
const HALF = 0.5;

/** @param read null: it cannot be said, as on volumes that do not tell their size */
export function diskRule(
  read: () => Promise<DiskRoom | null>,
  settings: () => RuleSettings['disk'],
): Rule {
  return {
    name: 'disk',
    everyMs: 60_000,
    lingerMs: 60_000,
    async look(_now, active) {
      const room = await read();
      if (room === null || room.totalBytes <= 0) return null;
      const { minPercent, minFreeBytes } = settings();
      const share = room.freeBytes / room.totalBytes;
      // How much of what should be free is free, by the worse of the two.
      const part = Math.min(share / (minPercent / 100), room.freeBytes / minFreeBytes);
      if (part >= (active.size > 0 ? SLACK : 1)) return [];
      return [
        {
          subject: 'data',
          severity: part < HALF ? 'critical' : 'warning',
          level: part < HALF ? 2 : 1,
          title: `The disk is nearly full: ${bytes(room.freeBytes)} free (${percent(share)})`,
          facts: {
            free: `${bytes(room.freeBytes)} of ${bytes(room.totalBytes)}`,
            threshold: `${minPercent} % or ${bytes(minFreeBytes)}`,
          },
          todo: "Make room on the data folder's volume, or keep the log for less long (log.retention).",
          see: null,
        },
      ];
    },
  };
}
