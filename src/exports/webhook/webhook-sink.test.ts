// Batches to a webhook: an answer without an end, a body that breaks off, a secret that is none.
import { expect, test } from 'bun:test';
import { webhook } from '../../config/export-webhook-schema.ts';
import type { LogRow } from '../../core/log-row.ts';
import { webhookSink } from './webhook-sink.ts';

const ROWS = [{ id: 'a', at: '2026-11-23T14:00:00.000Z' } as LogRow];
const tools = { fetch, now: Date.now, name: 'hook' };

test('an answer without an end says what its status says', async () => {
  let cancelled = false;
  using server = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: () =>
      new Response(
        new ReadableStream({
          pull: async (controller) => {
            controller.enqueue(new Uint8Array(65_536));
            await Bun.sleep(1);
          },
          cancel() {
            cancelled = true;
          },
        }),
        { status: 503, headers: { 'retry-after': '9' } },
      ),
  });
  const settings = webhook.parse({ type: 'webhook', url: server.url.href, timeout: '20s' });
  const answer = await webhookSink(settings, tools).send(ROWS, AbortSignal.timeout(20_000));
  expect(answer).toEqual({ kind: 'later', why: 'it answered 503', afterMs: 9000 });
  for (let look = 0; look < 200 && !cancelled; look += 1) await Bun.sleep(20);
  expect(cancelled).toBe(true);
}, 30_000);

test('a secret that is none is refused with what one is', () => {
  const of = (secret: string) =>
    webhook.safeParse({ type: 'webhook', url: 'http://h/x', secret }).error?.issues[0]?.message;
  expect(of('whsec_c2hvcnQ=')).toBe(
    'must be whsec_ and 24 to 64 bytes in base64, or 24 to 64 bytes of text',
  );
  expect(of('')).toBeDefined();
  expect(of('a text of twenty-four bytes at least')).toBeUndefined();
});
