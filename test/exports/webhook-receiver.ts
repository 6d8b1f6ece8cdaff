// Who receives webhooks: checks their signatures by Standard Webhooks, and remembers how often each row came.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LogRow } from '../../src/core/log-row.ts';
import { type FaultyServer, startFaultyServer } from './faulty-server.ts';

export interface WebhookReceiver extends FaultyServer {
  readonly secret: string;
  /** How often each row was taken, by its id. */
  readonly rows: Map<string, number>;
  /** The last form of each row. */
  readonly last: Map<string, LogRow>;
  /** The bodies of each webhook-id: what has one id has one body. */
  readonly bodies: Map<string, Set<string>>;
  readonly types: string[];
  /** Calls that were not signed as they should be. */
  unsigned: number;
  /** Refuses what it says so of. Null: it takes the batch. */
  refuse: (rows: readonly LogRow[]) => number | null;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const key = Buffer.from('0123456789abcdef0123456789abcdef');
  const secret = `whsec_${key.toString('base64')}`;
  const rows = new Map<string, number>();
  const last = new Map<string, LogRow>();
  const bodies = new Map<string, Set<string>>();
  const types: string[] = [];
  const server = await startFaultyServer(({ headers, body }) => {
    const id = headers['webhook-id'] ?? '';
    const timestamp = headers['webhook-timestamp'] ?? '';
    const text = body.toString();
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest();
    const signatures = (headers['webhook-signature'] ?? '').split(' ');
    const isSigned = signatures.some((one) => {
      const [version, given = ''] = one.split(',');
      const bytes = Buffer.from(given, 'base64');
      return version === 'v1' && bytes.length === 32 && timingSafeEqual(bytes, expected);
    });
    if (!isSigned || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) {
      receiver.unsigned += 1;
      return { status: 401 };
    }
    const event = JSON.parse(text) as { type: string; data: LogRow[] };
    const status = receiver.refuse(event.data);
    if (status !== null) return { status };
    types.push(event.type);
    bodies.set(id, (bodies.get(id) ?? new Set()).add(text));
    for (const row of event.data) {
      rows.set(row.id, (rows.get(row.id) ?? 0) + 1);
      last.set(row.id, row);
    }
    return { status: 200 };
  });
  const receiver: WebhookReceiver = {
    ...server,
    ...{ secret, rows, last, bodies, types, unsigned: 0 },
    refuse: () => null,
  };
  return receiver;
}
