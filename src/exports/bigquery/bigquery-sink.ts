// BigQuery: rows by tabledata.insertAll. What comes again within a minute or so is told by its insertId, as far as BigQuery can;
// what comes later, the reader tells by id. docs.cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
import type { BigQuerySettings } from '../../config/export-bigquery-schema.ts';
import type { LogRow } from '../../core/log-row.ts';
import { toldWords } from '../../lib/http-call.ts';
import { asNumber, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import type { Delivery, ExportSink, RejectedRow } from '../export-sink.ts';
import { flatRow } from '../flat-row.ts';
import type { SinkTools } from '../sinks.ts';
import { bigQueryAccess, failureOf, later } from './bigquery-access.ts';
import { pathOf, prepareTable, type TableNames } from './bigquery-table.ts';

/** What Google advises for a call. */
const MAX_ROWS = 500;
/** A call takes 10 MB; a flat row is hardly larger than the row it is of. */
const MAX_BYTES = 6 * 1024 * 1024;
/** The streaming side learns of a table or a column some time after it was made. */
const NOT_YET_MS = 15_000;
const NOT_FOUND = 404;

/** Throws `invalid_request` where there are no credentials. */
export function bigQuerySink(
  settings: BigQuerySettings,
  tools: Pick<SinkTools, 'fetch' | 'environment' | 'now'>,
): ExportSink {
  const access = bigQueryAccess(settings, tools);
  const names: TableNames = {
    dataset: settings.dataset ?? 'switchyard',
    table: settings.table ?? 'requests',
    location: settings.location ?? 'US',
  };
  return {
    kind: 'bigquery',
    maxRows: MAX_ROWS,
    maxBytes: MAX_BYTES,
    prepare: (signal) => prepareTable(access, names, signal),
    async send(rows, signal) {
      const reply = await access.ask({
        method: 'POST',
        path: `${pathOf(names)}/insertAll`,
        body: { skipInvalidRows: true, ignoreUnknownValues: false, rows: rows.map(inserted) },
        signal,
      });
      if ('kind' in reply) return reply;
      if (reply.status === 200) return deliveryOf(asObjects(reply.body.insertErrors));
      if (reply.status !== NOT_FOUND) return failureOf(reply);
      // Made a moment ago, or deleted since: where it is really gone it is made again.
      const ready = await prepareTable(access, names, signal);
      return ready.kind === 'taken'
        ? later('the table is not there for inserts yet', NOT_YET_MS)
        : ready;
    },
  };
}

function inserted(row: LogRow): JsonObject {
  return { insertId: row.id, json: flatRow(row) };
}

/** A row is rejected for what it is; what befell it for any other reason is tried again. */
function deliveryOf(errors: readonly JsonObject[]): Delivery {
  const rejected: RejectedRow[] = [];
  for (const { index, errors: reasons } of errors) {
    const at = asNumber(index);
    const [first] = asObjects(reasons);
    const reason = asString(first?.reason) ?? 'unknown';
    const message = asString(first?.message) ?? '';
    // What follows the colon may be the row's own.
    const said = toldWords(
      `${reason} ${asString(first?.location) ?? ''} ${message.split(':', 1)[0]}`,
    );
    if (/no such field/i.test(message))
      return later(`a column is not there for inserts yet: ${said}`, NOT_YET_MS);
    if (reason !== 'invalid' || at === undefined) return later(`a row was not taken: ${said}`);
    rejected.push({ index: at, why: `BigQuery: ${said}` });
  }
  return { kind: 'taken', rejected };
}
