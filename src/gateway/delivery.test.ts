// A committed answer on its way to a caller who reads on, reads nothing, or is gone: one end, and one row.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import type { ChatDialect, Decoder, ReplyContext } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { DIALECTS } from '../dialects/index.ts';
import { AttemptWatch } from '../upstream/limits.ts';
import { ByteFlow } from './byte-flow.ts';
import { Delivery } from './delivery.ts';
import { Recording } from './recording.ts';
import { type RunningAttempt, UpstreamStream } from './upstream-stream.ts';

const candidate = exampleCandidate();
const NO_LIMITS = { connectMs: null, firstTokenMs: null, idleMs: null };
const context: ReplyContext = {
  id: 'chatcmpl-1',
  model: 'p/m',
  created: 1,
  excludeReasoning: false,
  includeUsage: false,
  inputEstimate: () => 0,
  request: {},
  lose: () => undefined,
};
const timeout = () => new GatewayError('total_timeout', 'The request was not done in time.');
const hungUp = () => new GatewayError('client_closed', 'The caller is gone.');

/** An attempt that answers: what its provider sends, what is written down of it, and whether it was let go. */
function answering() {
  const rows: { exchange: Exchange; error: GatewayError | null }[] = [];
  const recording = new Recording(
    { id: 'g', at: 1, endpoint: 'chat.completions', dialect: 'openai-chat' },
    (exchange, error) => rows.push({ exchange, error }),
  );
  recording.begin(candidate, null);
  let cancelled = 0;
  let send: (text: string) => void = () => undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      send = (text) => controller.enqueue(new TextEncoder().encode(text));
    },
    cancel: () => {
      cancelled += 1;
    },
  });
  const controller = new AbortController();
  const watch = new AttemptWatch(
    NO_LIMITS,
    () => undefined,
    async () => true,
  );
  const running: RunningAttempt = {
    watch,
    signal: controller.signal,
    release: () => watch.done(),
    redact: (error) => error,
  };
  const outcomes = () => rows.map(({ exchange }) => [exchange.outcome, exchange.errorCode]);
  return {
    recording,
    body,
    running,
    rows,
    outcomes,
    send: (text: string) => send(text),
    cancelled: () => cancelled,
  };
}

function delivering(dialect: ChatDialect = DIALECTS['openai-chat']) {
  const attempt = answering();
  const reading = { dialect, framing: 'sse' as const, disguise: undefined };
  const stream = new UpstreamStream(attempt.body, reading, attempt.running);
  const answer = {
    kind: 'stream' as const,
    dialect,
    verbatim: true,
    held: [],
    stream,
    headers: new Headers(),
    plain: true,
    continued: null,
  };
  let settled = 0;
  const delivery = new Delivery(answer, { dialect }, attempt.recording, context, () => {
    settled += 1;
  });
  return { ...attempt, delivery, settled: () => settled };
}

const piece = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

describe('a stream', () => {
  test('nobody reads ends with its exchange: the row at once, the reason for who reads on', async () => {
    const { delivery, send, outcomes, cancelled } = delivering();
    send(piece('Hel'));
    expect(await delivery.next()).toContain('Hel');
    expect(delivery.stop(timeout())).toBe(true);
    expect(outcomes()).toEqual([['error', 'total_timeout']]);
    expect(cancelled()).toBe(1);
    const last = await delivery.next();
    expect(last).toContain('total_timeout');
    expect(last).not.toContain('[DONE]');
    expect(await delivery.next()).toBeNull();
    expect(outcomes()).toHaveLength(1);
  });

  test('that is being read is ended by that read', async () => {
    const { delivery, outcomes } = delivering();
    const next = delivery.next();
    expect(delivery.stop(timeout())).toBe(false);
    expect(outcomes()).toEqual([]);
    delivery.hangUp();
    expect(await next).toBeNull();
  });

  test('whose caller is gone passes on nothing that comes later', async () => {
    const { delivery, send, outcomes, settled } = delivering();
    const next = delivery.next();
    send(piece('late', 'stop'));
    expect(delivery.stop(hungUp())).toBe(true);
    expect(await next).toBeNull();
    expect(outcomes()).toEqual([['aborted', 'client_closed']]);
    expect(settled()).toBe(1);
  });

  test('that a fault of ours breaks ends loudly, with the cause in its row', async () => {
    const broken: Decoder = {
      push: () => {
        throw new TypeError('ours');
      },
      end: () => [],
    };
    const chat = DIALECTS['openai-chat'];
    const { delivery, send, rows, cancelled } = delivering({ ...chat, decoder: () => broken });
    send(piece('Hel'));
    expect(await delivery.next()).toContain('"internal"');
    expect(await delivery.next()).toBeNull();
    expect(rows.map(({ exchange }) => exchange.outcome)).toEqual(['error']);
    expect(rows[0]?.error?.cause).toBeInstanceOf(TypeError);
    expect(cancelled()).toBe(1);
  });
});

describe('bytes', () => {
  test('nobody reads end with their exchange, and never as if all were there', async () => {
    const { recording, body, running, outcomes, cancelled } = answering();
    const reader = body.getReader();
    const first = new Uint8Array([1, 2, 3]);
    const flow = new ByteFlow({ first, reader, running, contentType: 'audio/mpeg' }, recording);
    expect(await flow.next()).toEqual(first);
    expect(flow.stop(timeout())).toBe(true);
    expect(outcomes()).toEqual([['error', 'total_timeout']]);
    expect(cancelled()).toBe(1);
    expect(flow.next()).rejects.toMatchObject({ code: 'total_timeout' });
    expect(outcomes()).toHaveLength(1);
  });
});
