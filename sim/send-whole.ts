// Sends a reply in one piece, or as much of it as the faults asked for leave.
import type { Behaviour } from './behaviour.ts';
import { type Responder, SETTLE_MS } from './http/responder.ts';
import type { Schedule } from './schedule.ts';

const HTML = (status: number) =>
  `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center><hr><center>simulated proxy</center></body></html>\n`;
const JUNK = 'upstream connect error or disconnect/reset before headers (simulated, not JSON)';

/** The body a behaviour puts in the place of any other; null where it leaves the body alone. */
function bodyInstead({ faults }: Behaviour, status: number): string | null {
  if (faults.contentType?.startsWith('text/html')) return HTML(status);
  if (faults.empty) return '';
  return faults.junk ? JUNK : null;
}

/** @param headers lines besides content-type and content-length; `body` is JSON unless a type is given, and sent unless the behaviour has another */
export function sendWhole(
  responder: Responder,
  behaviour: Behaviour,
  schedule: Schedule,
  reply: {
    readonly status: number;
    readonly headers: string;
    readonly body: string | Buffer;
    readonly contentType?: string;
    readonly zips: boolean;
  },
): void {
  const { faults } = behaviour;
  const headers = `content-type: ${faults.contentType ?? reply.contentType ?? 'application/json'}\r\n${reply.headers}`;
  const body = bodyInstead(behaviour, reply.status) ?? reply.body;
  const after = faults.cut ?? faults.reset ?? faults.stall;
  if (after !== null) {
    sendHalf(responder, behaviour, schedule, body, (start) =>
      responder.whole(reply.status, headers, start, Buffer.byteLength(body)),
    );
  } else if (faults.malformed !== null) {
    responder.whole(reply.status, headers, body.slice(0, -1));
  } else if (faults.eof !== null) {
    responder.whole(reply.status, headers, half(body, faults.eof));
  } else if (behaviour.bytes.gzip && reply.zips) {
    responder.whole(
      reply.status,
      `${headers}content-encoding: gzip\r\n`,
      Buffer.from(Bun.gzipSync(String(body))),
    );
  } else {
    responder.whole(reply.status, headers, body);
  }
}

/** The start of a body, then what the fault says. */
function sendHalf(
  responder: Responder,
  { faults }: Behaviour,
  schedule: Schedule,
  body: string | Buffer,
  send: (start: string | Buffer) => void,
): void {
  const start = half(body, faults.cut ?? faults.reset ?? faults.stall ?? 0);
  send(start);
  if (faults.cut !== null) {
    schedule.at(performance.now() + SETTLE_MS, () => responder.cut());
  } else if (faults.reset !== null) {
    schedule.at(performance.now() + SETTLE_MS, () => responder.reset());
  } else if (faults.stallMs !== null) {
    const wait = schedule.at(performance.now() + faults.stallMs, () =>
      responder.rest(
        typeof body === 'string' ? body.slice(start.length) : body.subarray(start.length),
      ),
    );
    responder.onGone = () => wait.cancel();
  }
}

function half(body: string | Buffer, after: number): string | Buffer {
  if (after === 0) return '';
  const end = Math.floor(body.length / 2);
  return typeof body === 'string' ? body.slice(0, end) : body.subarray(0, end);
}
