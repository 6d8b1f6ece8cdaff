// Mixpanel: requests as events, and the variants users got as exposures. docs.mixpanel.com/reference/import-events
import type { MixpanelSettings } from '../../config/export-mixpanel-schema.ts';
import type { LogRow } from '../../core/log-row.ts';
import { type HttpAnswer, httpCall, type NoAnswer, toldWords } from '../../lib/http-call.ts';
import { asNumber, asObject, asObjects, asString, parseJson } from '../../lib/json.ts';
import type { Delivery, ExportSink, RejectedRow } from '../export-sink.ts';
import type { SinkTools } from '../sinks.ts';
import { NOBODY } from './distinct-id.ts';
import { Exposures } from './exposures.ts';
import { mixpanelAccess } from './mixpanel-access.ts';
import { type MixpanelEvent, requestEvent } from './request-event.ts';

/** A call takes 2,000 events, and a row may be two. */
const MAX_ROWS = 1000;
/** A call takes 10 MB, uncompressed; an event is smaller than its row, and its exposure too. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Where a call was too much a minute and nothing says how long to wait. */
const RATE_LIMIT_MS = 60_000;
/** Of the answer, which names every event it does not want. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Of no time and without an id: strict=1 refuses it, and keeps nothing of it. */
const NO_EVENT: MixpanelEvent = {
  event: 'switchyard_test',
  properties: { time: 0, distinct_id: '', $insert_id: '' },
};

/** An event, and the row it is from. */
interface Sent {
  readonly index: number;
  readonly event: MixpanelEvent;
}

export function mixpanelSink(
  settings: MixpanelSettings,
  { fetch, exposures: memory }: Pick<SinkTools, 'fetch' | 'exposures'>,
): ExportSink {
  const { ingestion, project, authorization } = mixpanelAccess(settings);
  const url = `${ingestion}/import?strict=1${project === null ? '' : `&project_id=${project}`}`;
  const exposures = settings.exposures === false ? null : new Exposures(memory);
  const headers = {
    authorization,
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    accept: 'application/json',
  };
  const post = (events: readonly MixpanelEvent[], signal: AbortSignal) =>
    httpCall({
      ...{ fetch, url, headers, signal },
      method: 'POST',
      maxBytes: MAX_ANSWER_BYTES,
      body: Bun.gzipSync(JSON.stringify(events)),
    });
  return {
    kind: 'mixpanel',
    maxRows: MAX_ROWS,
    maxBytes: MAX_BYTES,
    // An event that is none: who names it as such has looked at the credentials and the project before.
    async prepare(signal) {
      const delivery = deliveryOf(await post([NO_EVENT], signal), []);
      return delivery.kind === 'refused' ? { kind: 'refused', why: delivery.why } : delivery;
    },
    async send(rows, signal) {
      const exposed = new Map<string, number>();
      const sent = eventsOf(rows, settings, (row) => exposures?.of(row, exposed) ?? null);
      if (sent.length === 0) return { kind: 'taken', rejected: [] };
      const events = sent.map(({ event }) => event);
      // What came of it may stay unknown: if it comes again it has the same time.
      exposures?.willTell(exposed);
      const answer = await post(events, signal);
      const delivery = deliveryOf(answer, sent);
      if (delivery.kind === 'taken') exposures?.told(exposed);
      return delivery;
    },
    async close() {
      memory?.close();
    },
  };
}

function eventsOf(
  rows: readonly LogRow[],
  settings: MixpanelSettings,
  exposureOf: (row: LogRow) => MixpanelEvent | null,
): Sent[] {
  return rows.flatMap((row, index) => {
    const event = requestEvent(row, settings);
    if (settings.anonymous === 'skip' && event.properties.distinct_id === NOBODY) return [];
    const exposure = exposureOf(row);
    return exposure === null
      ? [{ index, event }]
      : [
          { index, event },
          { index, event: exposure },
        ];
  });
}

function deliveryOf(answer: HttpAnswer | NoAnswer, sent: readonly Sent[]): Delivery {
  if (answer.status === null)
    return { kind: 'later', why: `Mixpanel: ${answer.why}`, afterMs: null };
  const { status, afterMs } = answer;
  const body = asObject(parseJson(answer.text));
  if (status === 200) {
    // Some proxy's page is no receipt.
    if (asNumber(body?.num_records_imported) !== undefined) return { kind: 'taken', rejected: [] };
    return { kind: 'later', why: 'Mixpanel: an answer that is not its own', afterMs: null };
  }
  const said = toldWords(asString(body?.error) ?? '');
  const why = `Mixpanel answered ${status}${said === '' ? '' : `: ${said}`}`;
  switch (status) {
    case 400: {
      const failed = asObjects(body?.failed_records);
      // What is not named in it was taken.
      if (failed.length > 0) return { kind: 'taken', rejected: rejectedIn(failed, sent) };
      return { kind: 'refused', why: `${why}. Check project_id and region`, splits: true };
    }
    case 401:
    case 403:
      return {
        kind: 'refused',
        why: `${why}. Check project_id, username and secret (the service account must be an admin or owner of the project), or token, and region`,
      };
    case 413:
      return { kind: 'refused', why, splits: true };
    case 429:
      return { kind: 'later', why, afterMs: afterMs ?? RATE_LIMIT_MS };
    default:
      if (status === 408 || status >= 500) return { kind: 'later', why, afterMs };
      return { kind: 'refused', why };
  }
}

/** One for each row, whichever of its events it was. */
function rejectedIn(
  failed: readonly { readonly [field: string]: unknown }[],
  sent: readonly Sent[],
): RejectedRow[] {
  const byRow = new Map<number, string>();
  for (const record of failed) {
    const at = asNumber(record.index);
    const one =
      (at === undefined ? undefined : sent[at]) ??
      sent.find(({ event }) => event.properties.$insert_id === record.insert_id);
    if (one === undefined) continue;
    const said = toldWords(`${asString(record.field) ?? ''} ${asString(record.message) ?? ''}`);
    byRow.set(one.index, `Mixpanel: ${one.event.event}: ${said}`);
  }
  return [...byRow].map(([index, why]) => ({ index, why }));
}
