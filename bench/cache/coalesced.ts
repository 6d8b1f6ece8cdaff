// A thousand identical streams at once: how many calls they are upstream, when each has its answer, and what that costs.
// node bin/bun.mjs bench/cache/coalesced.ts
import { HttpCaller, type Reply } from '../http-caller.ts';
import { cpuUs } from '../process-figures.ts';
import { KEY } from '../rig.ts';
import { quantile } from '../statistics.ts';
import { startExactRig } from './exact-rig.ts';

const CALLERS = 1000;
const TOKENS = 50;
const GAP_MS = 20;
const ROUNDS = 3;

/** Prints a line a round. Throws where an answer is not whole. */
export async function benchCoalesced(print: (line: string) => void): Promise<void> {
  const rig = await startExactRig();
  print(`${CALLERS} identical streams at once: ${TOKENS} pieces, one every ${GAP_MS} ms`);
  print('calls upstream   first byte p50  p99 ms   last byte p50  p99 ms   CPU of a stream, µs');
  try {
    const { hostname, port } = new URL(rig.gateway.url);
    for (let round = 0; round <= ROUNDS; round += 1) {
      const before = await missesOf(rig.gateway.url);
      const cpuBefore = cpuUs(rig.gateway.pid);
      const replies = await together(hostname, Number(port), requestOf(`round ${round}`));
      const cpuAfter = cpuUs(rig.gateway.pid);
      const calls = (await missesOf(rig.gateway.url)) - before;
      // The first warms up.
      if (round > 0) print(lineOf(calls, replies, cpuBefore, cpuAfter));
    }
  } finally {
    await rig.stop();
  }
}

async function together(hostname: string, port: number, request: Buffer): Promise<Reply[]> {
  const replies: Reply[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const callers: HttpCaller[] = [];
  const answered = (reply: Reply | Error) => {
    if (reply instanceof Error) return reject(reply);
    if (reply.status !== 200 || reply.events < TOKENS)
      return reject(new Error(`status ${reply.status}, ${reply.events} events`));
    if (replies.push(reply) === CALLERS) resolve();
  };
  for (let at = 0; at < CALLERS; at += 1)
    callers.push(await HttpCaller.connect(hostname, port, answered));
  for (const caller of callers) caller.send(request);
  await promise;
  for (const caller of callers) caller.close();
  return replies;
}

/** Who found neither a kept answer nor one that is being made asked the provider. */
async function missesOf(url: string): Promise<number> {
  const reply = await fetch(`${url}/router/v1/cache`, {
    headers: { authorization: `Bearer ${KEY}` },
  });
  return ((await reply.json()) as { requests: { misses: number } }).requests.misses;
}

function requestOf(question: string): Buffer {
  const body = JSON.stringify({
    model: `chat/fast+tokens=${TOKENS}+gap=${GAP_MS}+ttft=300`,
    stream: true,
    messages: [{ role: 'user', content: question }],
  });
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: gateway',
    `authorization: Bearer ${KEY}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

function lineOf(
  calls: number,
  replies: readonly Reply[],
  cpuBefore: number | null,
  cpuAfter: number | null,
): string {
  const first = replies.map(({ firstByteMs }) => firstByteMs);
  const last = replies.map(({ totalMs }) => totalMs);
  const ms = (value: number) => value.toFixed(0);
  const cpu = cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / CALLERS;
  return [
    String(calls).padStart(14),
    ms(quantile(first, 0.5)).padStart(16),
    ms(quantile(first, 0.99)).padStart(7),
    ms(quantile(last, 0.5)).padStart(16),
    ms(quantile(last, 0.99)).padStart(7),
    (cpu === null ? '–' : cpu.toFixed(0)).padStart(22),
  ].join(' ');
}

if (import.meta.main) await benchCoalesced((line) => process.stdout.write(`${line}\n`));
