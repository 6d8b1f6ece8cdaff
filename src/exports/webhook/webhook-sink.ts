// Batches of rows posted as JSON, signed by Standard Webhooks where there is a secret.
import type { WebhookSettings } from '../../config/export-webhook-schema.ts';
import { GatewayError } from '../../core/errors.ts';
import type { LogRow } from '../../core/log-row.ts';
import { httpCall } from '../../lib/http-call.ts';
import { SECRET_FORMS, webhookHeaders, webhookKey } from '../../lib/webhook-signature.ts';
import { batchName } from '../batch-name.ts';
import type { ExportSink } from '../export-sink.ts';
import { deliveryOf } from '../http-delivery.ts';
import type { SinkTools } from '../sinks.ts';

const MAX_ROWS = 500;
const MAX_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 30_000;
/** Of the answer, so that its connection is free for the next; nobody reads what it says. */
const MAX_ANSWER_BYTES = 64 * 1024;

type Tools = Pick<SinkTools, 'fetch' | 'now' | 'name'>;

/** Throws `invalid_request` where the secret is none. */
export function webhookSink(settings: WebhookSettings, tools: Tools): ExportSink {
  const key = settings.secret === undefined ? null : webhookKey(settings.secret);
  if (settings.secret !== undefined && key === null)
    throw new GatewayError('invalid_request', `exports.${tools.name}.secret ${SECRET_FORMS}.`);
  const { timeout: timeoutMs = DEFAULT_TIMEOUT_MS, url } = settings;
  const post = async (type: string, id: string, rows: readonly LogRow[], signal: AbortSignal) => {
    const { fetch } = tools;
    const now = tools.now();
    // The body of a batch is the same whenever it is sent.
    const last = rows.at(-1)?.at ?? new Date(now).toISOString();
    const body = JSON.stringify({ type, timestamp: last, export: tools.name, data: rows });
    const answer = await httpCall({
      ...{ fetch, url, method: 'POST', body, signal, timeoutMs, now },
      headers: {
        ...settings.headers,
        'content-type': 'application/json',
        ...webhookHeaders({ id, at: now, body }, key),
      },
      ...{ maxBytes: MAX_ANSWER_BYTES, isByStatus: true },
    });
    return deliveryOf(answer);
  };
  return {
    kind: 'webhook',
    maxRows: MAX_ROWS,
    maxBytes: MAX_BYTES,
    timeoutMs,
    test: (signal) => post('requests.test', `test_${tools.now()}`, [], signal),
    send: (rows, signal) => post('requests.finished', `batch_${batchName(rows)}`, rows, signal),
  };
}
