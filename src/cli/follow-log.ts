// Requests as they end: told by the running gateway, or where none is reached read from the log now and then.
import type { LogRow } from '../core/log-row.ts';
import { endedSince } from '../ledger/ended-since.ts';
import { parseTailFilter } from '../ledger/log-filter.ts';
import type { LogReader } from '../ledger/log-reader.ts';
import { SseParser } from '../lib/sse.ts';
import { runningGateway } from './running-gateway.ts';
import type { Settings } from './settings.ts';

const POLL_MS = 1000;
const CONNECT_MS = 2000;
/** Rows of the same moment come again: as many are known by their ids. */
const MAX_KNOWN = 5000;

export type Query = { readonly [name: string]: string | undefined };

export type Followed =
  | { readonly kind: 'row'; readonly row: LogRow }
  /** What the operator should know of what he sees. */
  | { readonly kind: 'note'; readonly text: string };

export async function* followLog(
  settings: Pick<Settings, 'dataDir' | 'host' | 'port'>,
  query: Query,
  open: () => LogReader,
): AsyncGenerator<Followed, void> {
  const reply = await liveTail(settings, query);
  if (reply !== null) {
    yield* told(reply);
    yield { kind: 'note', text: 'The gateway has ended the stream; the log itself is read on.' };
  }
  yield* polled(query, open());
}

/** Null: nobody answers there, or not with a stream. */
async function liveTail(
  settings: Pick<Settings, 'dataDir' | 'host' | 'port'>,
  query: Query,
): Promise<Response | null> {
  const gateway = runningGateway(settings);
  if (gateway === null) return null;
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), CONNECT_MS);
  try {
    const url = `${gateway.url}/router/v1/logs:stream?${new URLSearchParams(given)}`;
    const reply = await fetch(url, { headers: gateway.headers, signal: abort.signal });
    return reply.ok ? reply : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

async function* told(reply: Response): AsyncGenerator<Followed, void> {
  const parser = new SseParser();
  const decoder = new TextDecoder();
  try {
    for await (const bytes of reply.body ?? [])
      for (const frame of parser.push(decoder.decode(bytes as Uint8Array, { stream: true })))
        if (frame.event === 'dropped')
          yield { kind: 'note', text: `Rows are missing here: ${frame.data}` };
        else yield { kind: 'row', row: JSON.parse(frame.data) as LogRow };
  } catch {
    // Broken off: what is told next is why the log itself is read.
  }
}

async function* polled(query: Query, reader: LogReader): AsyncGenerator<Followed, void> {
  const filter = parseTailFilter(query);
  const log = {
    flush: async () => undefined,
    get: (id: string) => reader.get(id),
    list: (asked: Parameters<LogReader['list']>[0]) => reader.list(asked),
  };
  const known = new Set<string>();
  let last: string = Bun.randomUUIDv7();
  for (;;) {
    const { rows } = await endedSince(log, filter, last);
    for (const row of rows) {
      if (known.has(row.id)) continue;
      known.add(row.id);
      yield { kind: 'row', row };
    }
    last = rows.at(-1)?.id ?? last;
    for (const id of known) {
      if (known.size <= MAX_KNOWN) break;
      known.delete(id);
    }
    await Bun.sleep(POLL_MS);
  }
}
