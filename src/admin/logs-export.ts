// GET /router/v1/logs:export: all rows of a filter as one file, page by page, as fast as its reader takes them.
import type { Actor } from '../core/actor.ts';
import { invalid, toGatewayError } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { EXPORT_FORMATS, type ExportFormat, exportHead } from '../ledger/export-text.ts';
import { fromCursor, type LogFilter, parseExportFilter } from '../ledger/log-filter.ts';
import type { ExportedPage } from '../ledger/log-reader.ts';

/** Some 700 kB of text: little to hold, and few questions to the database. */
const PAGE_ROWS = 500;

const TYPES: { readonly [Format in ExportFormat]: string } = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
};

export async function exportLogs(
  gateway: Gateway,
  { format: named, ...query }: { readonly [name: string]: string },
  by: Actor,
  now: number = Date.now(),
): Promise<Response> {
  const format = readFormat(named || 'ndjson');
  const pages = exportedPages(gateway, parseExportFilter(query, now), format);
  // A database that does not answer at all is an error reply, not a broken file.
  const first = await pages.next();
  const after = { format, ...query };
  await gateway.audit.write({ by, action: 'logs.export', target: 'logs', before: null, after });
  const head = exportHead(format) + (first.done ? '' : first.value);
  const headers = {
    'content-type': TYPES[format],
    'content-disposition': `attachment; filename="${fileName(format, now)}"`,
    'cache-control': 'no-store',
  };
  return new Response(body(gateway, head, pages), { headers });
}

function readFormat(text: string): ExportFormat {
  const format = EXPORT_FORMATS.find((known) => known === text);
  if (format === undefined) throw invalid('format', `must be ${EXPORT_FORMATS.join(' or ')}`);
  return format;
}

function fileName(format: ExportFormat, now: number): string {
  return `switchyard-logs-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '')}Z.${format}`;
}

async function* exportedPages(
  gateway: Gateway,
  filter: LogFilter,
  format: ExportFormat,
): AsyncGenerator<string, void> {
  let left = filter.limit;
  let cursor: string | null = null;
  do {
    const limit = Math.min(PAGE_ROWS, left);
    const asked = fromCursor({ ...filter, limit }, cursor);
    const page: ExportedPage = await gateway.ledger.export(asked, format);
    yield page.text;
    left -= limit;
    cursor = page.nextCursor;
  } while (cursor !== null && left > 0);
}

/** The next page is asked for when the one before has left. Where one cannot be had the connection breaks off: an end would say that all rows are there. */
function body(
  gateway: Gateway,
  head: string,
  pages: AsyncGenerator<string, void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let ahead: string | null = head;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next: string | null = ahead ?? (await pages.next()).value ?? null;
          ahead = null;
          // An empty piece would be taken for nothing at all, and the next never asked for.
          if (next === null || next === '') controller.close();
          else controller.enqueue(encoder.encode(next));
        } catch (thrown) {
          const { message } = toGatewayError(thrown);
          gateway.log('error', `An export of the log is broken off. ${message}`);
          controller.error(undefined);
        }
      },
      async cancel() {
        await pages.return();
      },
    },
    { highWaterMark: 0 },
  );
}
