// Batches of rows posted as JSON, signed by Standard Webhooks where there is a secret.
import type { WebhookSettings } from '../../config/export-webhook-schema.ts';
import { GatewayError } from '../../core/errors.ts';
import type { LogRow } from '../../core/log-row.ts';
import { batchName } from '../batch-name.ts';
import type { Delivery, ExportSink } from '../export-sink.ts';
import { deliveryOf, unreachable } from '../http-delivery.ts';
import type { SinkTools } from '../sinks.ts';
import { webhookHeaders, webhookKey } from './webhook-signature.ts';

const MAX_ROWS = 500;
const MAX_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 30_000;

type Tools = Pick<SinkTools, 'fetch' | 'now' | 'name'>;

/** Throws `invalid_request` where the secret is none. */
export function webhookSink(settings: WebhookSettings, tools: Tools): ExportSink {
  const key = settings.secret === undefined ? null : webhookKey(settings.secret);
  if (settings.secret !== undefined && key === null)
    throw new GatewayError(
      'invalid_request',
      `exports.${tools.name}.secret begins with whsec_, and what follows is not base64: copy it whole.`,
    );
  const post = async (type: string, id: string, rows: readonly LogRow[], signal: AbortSignal) => {
    const { now, fetch } = tools;
    const timestamp = Math.floor(now() / 1000);
    // The body of a batch is the same whenever it is sent.
    const last = rows.at(-1)?.at ?? new Date(now()).toISOString();
    const body = JSON.stringify({ type, timestamp: last, export: tools.name, data: rows });
    return answered(fetch, settings.url, now, {
      method: 'POST',
      headers: {
        ...settings.headers,
        'content-type': 'application/json',
        ...(key === null
          ? { 'webhook-id': id, 'webhook-timestamp': String(timestamp) }
          : webhookHeaders(key, { id, timestamp, body })),
      },
      body,
      signal,
      // The headers may hold a key: they go to no other host.
      redirect: 'manual',
    });
  };
  return {
    kind: 'webhook',
    maxRows: MAX_ROWS,
    maxBytes: MAX_BYTES,
    timeoutMs: settings.timeout ?? DEFAULT_TIMEOUT_MS,
    test: (signal) => post('requests.test', `test_${tools.now()}`, [], signal),
    send: (rows, signal) => post('requests.finished', `batch_${batchName(rows)}`, rows, signal),
  };
}

async function answered(
  fetch: Tools['fetch'],
  url: string,
  now: Tools['now'],
  init: RequestInit,
): Promise<Delivery> {
  try {
    const response = await fetch(url, init);
    // What it says is nobody's to see; the connection is free for the next.
    await response.arrayBuffer().catch(() => undefined);
    return deliveryOf(response, now());
  } catch (thrown) {
    return unreachable(thrown);
  }
}
