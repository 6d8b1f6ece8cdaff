// A server that fails so many of its calls, in every way one can fail: before it does anything, after, and by hanging up in between.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { seededRandom } from '../../src/experiments/seeded-random.ts';

export interface Misbehaving {
  readonly url: string;
  /** How many calls came, and how many of them failed. */
  readonly calls: () => { readonly all: number; readonly failed: number };
  /** From 0 to 1; which calls it is comes of the seed alone. */
  fail(rate: number): void;
  /** Gone with all its connections, and back at the same place after so long. What it keeps it keeps. */
  restart(afterMs: number): Promise<void>;
  stop(): Promise<void>;
}

type Answer = (request: Request) => Response | Promise<Response>;

export async function serveMisbehaving(answer: Answer, seed = 1): Promise<Misbehaving> {
  const chance = seededRandom(seed);
  let rate = 0;
  const counts = { all: 0, failed: 0 };

  /** Null: it hangs up. */
  async function misbehave(request: Request): Promise<Response | null> {
    const way = Math.floor(chance() * 5);
    if (way === 0) return new Response('{}', { status: 503 });
    if (way === 1) return new Response('{}', { status: 429, headers: { 'retry-after': '0' } });
    if (way === 2) return null;
    // It has done what it was asked, and nobody hears of it.
    await answer(request);
    return way === 3 ? new Response('oops', { status: 500 }) : null;
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await requestOf(incoming);
    counts.all += 1;
    const fails = chance() < rate;
    if (fails) counts.failed += 1;
    const response = await (fails ? misbehave(request) : answer(request));
    if (response === null) {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  }

  const open = (at: number) => {
    const opened = createServer((incoming, outgoing) => {
      // Whose connection was closed meanwhile waits for nothing any more.
      serve(incoming, outgoing).catch(() => undefined);
    });
    return new Promise<typeof opened>((resolve) =>
      opened.listen(at, '127.0.0.1', () => resolve(opened)),
    );
  };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  let server = await open(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => ({ ...counts }),
    fail(part) {
      rate = part;
    },
    async restart(afterMs) {
      await close();
      await Bun.sleep(afterMs);
      server = await open(port);
    },
    stop: close,
  };
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const parts: Uint8Array[] = [];
  for await (const part of incoming) parts.push(part as Uint8Array);
  const method = incoming.method ?? 'GET';
  const body = Buffer.concat(parts);
  return new Request(`http://127.0.0.1${incoming.url}`, {
    method,
    headers: incoming.headers as Record<string, string>,
    ...(method === 'GET' ? {} : { body }),
  });
}

/** The body as it was meant; null: it says gzip and is none. */
export async function bodyOf(request: Request): Promise<string | null> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (request.headers.get('content-encoding') !== 'gzip') return new TextDecoder().decode(bytes);
  try {
    return new TextDecoder().decode(Bun.gunzipSync(bytes));
  } catch {
    return null;
  }
}
