// A server that misbehaves as servers do: it fails some of its calls, hangs up before or after it took them, says that it is too
// busy, and goes away and comes back under the same address.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault = 'error' | 'busy' | 'hang-up-before' | 'hang-up-after';

export interface Received {
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

export interface FaultyServer {
  readonly url: string;
  readonly faults: ReadonlyMap<Fault | 'none', number>;
  /** What happens to calls from now on. */
  behave(next: () => Fault | null): void;
  /** Gone, with all connections. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** @param answer what a call does when nothing goes wrong */
export async function startFaultyServer(
  answer: (received: Received) => Answer | Promise<Answer>,
): Promise<FaultyServer> {
  let next: () => Fault | null = () => null;
  const faults = new Map<Fault | 'none', number>();
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    const fault = next();
    faults.set(fault ?? 'none', (faults.get(fault ?? 'none') ?? 0) + 1);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (fault === 'hang-up-before') {
      request.socket.destroy();
      return;
    }
    if (fault === 'error' || fault === 'busy') {
      const headers = fault === 'busy' ? { 'retry-after': '0.2' } : {};
      response.writeHead(fault === 'busy' ? 429 : 500, headers).end('no');
      return;
    }
    const told = await answer({
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers as { readonly [name: string]: string },
      body: Buffer.concat(pieces),
    });
    if (fault === 'hang-up-after') {
      request.socket.destroy();
      return;
    }
    response.writeHead(told.status, told.headers).end(told.body ?? '');
  };
  let server: Server | null = null;
  let port = 0;
  const open = async () => {
    const opened = createServer((request, response) => {
      onRequest(request, response).catch(() => request.socket.destroy());
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    opened.once('error', reject);
    opened.listen(port, '127.0.0.1', resolve);
    await promise;
    port = (opened.address() as AddressInfo).port;
    server = opened;
  };
  const close = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const closing = server;
    server = null;
    if (closing === null) return;
    closing.close(() => resolve());
    closing.closeAllConnections();
    await Promise.race([promise, Bun.sleep(500)]);
  };
  await open();
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    behave(behaviour) {
      next = behaviour;
    },
    goAway: close,
    comeBack: open,
    stop: close,
  };
}

/** Three calls of ten fail, by a chance that is the same each time, in each of the four ways in turn. */
export function threeOfTen(seed: number): () => Fault | null {
  const ways: readonly Fault[] = ['error', 'busy', 'hang-up-before', 'hang-up-after'];
  let state = seed;
  const chance = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let failed = 0;
  return () => {
    if (chance() >= 0.3) return null;
    failed += 1;
    return ways[failed % ways.length] ?? null;
  };
}
