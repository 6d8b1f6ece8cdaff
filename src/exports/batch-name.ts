// The name of a batch: the same rows in the same order have the same name, whenever and wherever they are sent.
import { createHash } from 'node:crypto';
import type { LogRow } from '../core/log-row.ts';

const HEX_DIGITS = 24;

export function batchName(rows: readonly LogRow[]): string {
  const hash = createHash('sha256');
  for (const { id } of rows) hash.update(id).update('\n');
  return hash.digest('hex').slice(0, HEX_DIGITS);
}
