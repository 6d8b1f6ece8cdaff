// A provider that answers what it was recorded to answer: HTTP over plain TCP, cut into random pieces, and every request written down.
import { createServer, type Socket } from 'node:net';

export interface ScriptedResponse {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** In the place of the body, where it is not text. */
  readonly bytes?: Buffer;
  /** Sent in chunks of unknown number, as streams are; otherwise its length is told first. */
  readonly chunked: boolean;
}

export interface SeenRequest {
  readonly method: string;
  /** With the lane in front. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** One provider's part of the upstream: what it says next, and what it was asked. */
export interface Lane {
  readonly url: string;
  /** From now on every request gets this response. */
  play(response: ScriptedResponse): void;
  /** The requests since the last call. */
  take(): readonly SeenRequest[];
}

export interface ScriptedUpstream {
  /** The lane of this name, made on first use. */
  lane(name: string): Lane;
  stop(): Promise<void>;
}

/** Written by the connection, or recorded as it was on the wire then. */
const NOT_REPLAYED: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'transfer-encoding',
]);
const MAX_PIECES = 8;

/** Starts on a port of its own. Where a response is cut depends on its body alone, so that what fails once fails again. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const lanes = new Map<string, { response: ScriptedResponse | null; seen: SeenRequest[] }>();
  const laneOf = (name: string) => {
    const known = lanes.get(name) ?? { response: null, seen: [] };
    lanes.set(name, known);
    return known;
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
      const request = readRequest(received);
      if (request === null) return;
      received = Buffer.alloc(0);
      const lane = laneOf(request.path.split('/')[1] ?? '');
      lane.seen.push(request);
      const response = lane.response ?? NOTHING_TO_SAY;
      const random = randomFrom(1 + Bun.hash.crc32(response.body));
      void sendPieces(socket, wireBytes(response, random), random);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    lane: (name) => ({
      url: `http://127.0.0.1:${port}/${name}`,
      play: (response) => {
        laneOf(name).response = response;
      },
      take: () => laneOf(name).seen.splice(0),
    }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const NOTHING_TO_SAY: ScriptedResponse = {
  status: 500,
  headers: { 'content-type': 'text/plain' },
  body: 'no response was scripted for this lane',
  chunked: false,
};

/** A request that has come whole, else null. Clients here always tell the length of a body. */
function readRequest(bytes: Buffer): SeenRequest | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers: { [name: string]: string } = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const length = Number(headers['content-length'] ?? 0);
  const body = bytes.subarray(end + 4);
  if (body.length < length) return null;
  return { method, path, headers, body: body.toString('utf8') };
}

/** The whole response as bytes. The chunks are cut by bytes, so characters are split between them too. */
function wireBytes(response: ScriptedResponse, random: (below: number) => number): Buffer {
  const body = response.bytes ?? Buffer.from(response.body, 'utf8');
  const head = [`HTTP/1.1 ${response.status} Recorded`];
  for (const [name, value] of Object.entries(response.headers))
    if (!NOT_REPLAYED.has(name.toLowerCase())) head.push(`${name}: ${value}`);
  head.push(response.chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`);
  const start = Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
  if (!response.chunked) return Buffer.concat([start, body]);
  const chunks = cut(body, random).flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`, 'latin1'),
    chunk,
    Buffer.from('\r\n', 'latin1'),
  ]);
  return Buffer.concat([start, ...chunks, Buffer.from('0\r\n\r\n', 'latin1')]);
}

/** Up to `MAX_PIECES` pieces of any length, none empty; every other place is inside a character where one comes after it. */
function cut(bytes: Buffer, random: (below: number) => number): Buffer[] {
  const places = new Set<number>([0, bytes.length]);
  for (let count = random(MAX_PIECES); count > 0; count--) {
    const place = random(bytes.length + 1);
    places.add(count % 2 === 0 ? place : insideCharacter(bytes, place));
  }
  const sorted = [...places].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

/** The next byte that continues a character of several, else the place itself. */
function insideCharacter(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) if (((bytes[at] ?? 0) & 0xc0) === 0x80) return at;
  return from;
}

/** Every piece is a write of its own, in a turn of its own, so that the other side reads them one by one. */
async function sendPieces(
  socket: Socket,
  bytes: Buffer,
  random: (below: number) => number,
): Promise<void> {
  for (const piece of cut(bytes, random)) {
    if (socket.destroyed) return;
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Whole numbers below a bound, the same for the same seed (Lehmer's generator). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed % 2_147_483_647 || 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
