// Where spools lie on disk: `<data>/spool/<instance>/000001.ndjson`, and beside each folder the lock of who writes it.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A place in a spool: the number of a segment and a byte in it. */
export interface SpoolPosition {
  readonly segment: number;
  readonly offset: number;
}

export const SPOOL_START: SpoolPosition = { segment: 1, offset: 0 };

const SEGMENT = /^(\d{6,})\.ndjson$/;

/** @return the folder that all spools of a data folder lie in. */
export function spoolRoot(dataDir: string): string {
  return join(resolve(dataDir), 'spool');
}

/** Beside the folder and not in it, so that it is held before the folder is there and until the folder is gone. */
export function lockPath(folder: string): string {
  return `${folder}.lock`;
}

export function segmentPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(6, '0')}.ndjson`);
}

/** The numbers of the segments that are there, oldest first; none where there is no folder. */
export function segmentsIn(folder: string): number[] {
  return namesIn(folder)
    .map((name) => Number(SEGMENT.exec(name)?.[1] ?? 0))
    .filter((segment) => segment > 0)
    .sort((one, other) => one - other);
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export function isBefore(one: SpoolPosition, other: SpoolPosition): boolean {
  return (
    one.segment < other.segment || (one.segment === other.segment && one.offset < other.offset)
  );
}
