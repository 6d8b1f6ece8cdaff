// RefusedRows: rows that the database will never take, kept for the operator to look at: `<data>/spool/refused.ndjson`.
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { spoolRoot } from './spool-folder.ts';

/** They are few, or something is so wrong that more of them say no more. */
const MAX_BYTES = 16 * 1024 * 1024;

export class RefusedRows {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = join(spoolRoot(dataDir), 'refused.ndjson');
  }

  /** Beyond the bound they are only counted. Nothing waits for it: whatever the disk says, the others go on. */
  keep(lines: readonly string[]): void {
    try {
      if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) >= MAX_BYTES) return;
      const text = lines.map((line) => `${line}\n`).join('');
      appendFileSync(this.path, text, { mode: 0o600 });
    } catch {
      // the disk is full, most likely: they are counted and said all the same
    }
  }
}
