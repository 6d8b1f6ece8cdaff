// GET /router/v1/logs:stream: every request of this process as it ends, as server-sent events.
import type { Gateway } from '../gateway/gateway.ts';
import { type EndedSince, endedSince } from '../ledger/ended-since.ts';
import type { TailEvent, TailListener } from '../ledger/live-tail.ts';
import { parseTailFilter } from '../ledger/log-filter.ts';

/** Proxies close what is silent, most of them after a minute or half of one. */
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it comes back. */
const RETRY_MS = 2000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
};

export async function followLogs(
  gateway: Gateway,
  query: { readonly [name: string]: string },
  request: Request,
  heartbeatMs: number = HEARTBEAT_MS,
): Promise<Response> {
  const filter = parseTailFilter(query);
  const seen = request.headers.get('last-event-id');
  // Before the log is asked for what was missed: what ends meanwhile is in one of the two, or both.
  const listener = gateway.tail.listen(filter);
  const leave = () => listener.finish();
  request.signal.addEventListener('abort', leave, { once: true });
  if (request.signal.aborted) leave();
  try {
    const missed = seen ? await endedSince(gateway.ledger, filter, seen) : null;
    return new Response(told(listener, missed, heartbeatMs), { headers: HEADERS });
  } catch (thrown) {
    leave();
    throw thrown;
  }
}

async function* told(
  listener: TailListener,
  missed: EndedSince | null,
  heartbeatMs: number,
): AsyncGenerator<string, void> {
  try {
    yield `retry: ${RETRY_MS}\n\n`;
    if (missed?.cut) yield eventText({ kind: 'dropped', count: null });
    const again = new Set<string>();
    for (const row of missed?.rows ?? []) {
      again.add(row.id);
      yield eventText({ kind: 'row', id: row.id, json: JSON.stringify(row) });
    }
    for (;;) {
      const events = await listener.next(heartbeatMs);
      if (events === null) return;
      const text = events
        .filter((event) => event.kind !== 'row' || !again.delete(event.id))
        .map(eventText)
        .join('');
      yield text === '' ? ': still here\n\n' : text;
    }
  } finally {
    listener.finish();
  }
}

/** @param event a `dropped` without a count: nobody has counted them. */
function eventText(event: TailEvent | { readonly kind: 'dropped'; readonly count: null }): string {
  if (event.kind === 'row') return `id: ${event.id}\ndata: ${event.json}\n\n`;
  return `event: dropped\ndata: ${JSON.stringify({ count: event.count })}\n\n`;
}
