// switchyard logs --export FILE: rows as a file, which is there when it is whole.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { GatewayError } from '../core/errors.ts';
import { EXPORT_FORMATS, type ExportFormat, exportHead } from '../ledger/export-text.ts';
import { fromCursor, type LogFilter } from '../ledger/log-filter.ts';
import type { ExportedPage, LogReader } from '../ledger/log-reader.ts';

const PAGE_ROWS = 1000;

/** By the file's ending; null: none that is known. */
export function formatOf(file: string): ExportFormat | null {
  return EXPORT_FORMATS.find((format) => file.endsWith(`.${format}`)) ?? null;
}

/** Rejects where the log or the disk fails, and leaves no file then. */
export async function exportLog(
  reader: LogReader,
  filter: LogFilter,
  file: string,
  format: ExportFormat,
): Promise<void> {
  const partial = `${file}.partial`;
  const sink = createWriteStream(partial, { mode: 0o600 });
  // A disk that is full is told here, while pages are written.
  const failed = once(sink, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => undefined);
  try {
    for await (const text of pages(reader, filter, format))
      if (!sink.write(text)) await Promise.race([once(sink, 'drain'), failed]);
    sink.end();
    await Promise.race([once(sink, 'finish'), failed]);
    await rename(partial, file);
  } catch (thrown) {
    sink.destroy();
    await rm(partial, { force: true });
    if (thrown instanceof GatewayError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new GatewayError('storage_unavailable', `${file} cannot be written: ${why}`);
  }
}

async function* pages(
  reader: LogReader,
  filter: LogFilter,
  format: ExportFormat,
): AsyncGenerator<string, void> {
  yield exportHead(format);
  let left = filter.limit;
  let cursor: string | null = null;
  do {
    const limit = Math.min(PAGE_ROWS, left);
    const page: ExportedPage = await reader.export(
      fromCursor({ ...filter, limit }, cursor),
      format,
    );
    yield page.text;
    left -= limit;
    cursor = page.nextCursor;
  } while (cursor !== null && left > 0);
}
