// A stream read to its end for a caller who wants the whole answer: what becomes of it, and of the provider's connection.
import { describe, expect, test } from 'bun:test';
import { collect } from '../core/collect.ts';
import type { UpstreamDialect } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import { DIALECTS, UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { AttemptWatch } from '../upstream/limits.ts';
import type { StreamAnswer } from './attempt.ts';
import { commit } from './attempt.ts';
import { collectStream } from './collect-stream.ts';
import { UpstreamStream } from './upstream-stream.ts';

const chat = DIALECTS['openai-chat'];
const NO_LIMITS = { connectMs: null, firstTokenMs: null, idleMs: null };

const chunk = (delta: object, finish: string | null = null, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'x', model: 'm', created: 5, choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
const DONE = 'data: [DONE]\n\n';
const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const ANSWER = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hel' }),
  chunk({ content: 'lo' }),
  chunk({}, 'stop', { usage: USAGE, vendor_member: [1] }),
  DONE,
];

interface Streaming {
  readonly answer: StreamAnswer;
  /** Whether the provider's connection was closed on it. */
  readonly cancelled: () => boolean;
  readonly released: () => boolean;
}

/** A committed stream of these network pieces; an Error breaks the connection. */
async function streaming(
  pieces: readonly (string | Error)[],
  dialect: UpstreamDialect = chat,
  verbatim = true,
): Promise<Streaming> {
  let cancelled = false;
  let released = false;
  const rest = [...pieces];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = rest.shift();
      if (piece === undefined) controller.close();
      else if (typeof piece === 'string') controller.enqueue(new TextEncoder().encode(piece));
      else controller.error(piece);
    },
    cancel: () => {
      cancelled = true;
    },
  });
  const watch = new AttemptWatch(
    NO_LIMITS,
    () => undefined,
    async () => true,
  );
  const running = {
    watch,
    signal: new AbortController().signal,
    release: () => {
      released = true;
      watch.done();
    },
    redact: (error: GatewayError) => new GatewayError(error.code, `redacted ${error.message}`),
  };
  const stream = new UpstreamStream(
    body,
    { dialect, framing: 'sse', disguise: undefined },
    running,
  );
  const headers = new Headers({ 'x-ratelimit': '7' });
  const answer = await commit(
    { dialect, verbatim, plain: true },
    new Response('', { headers }),
    stream,
    running,
  );
  return { answer, cancelled: () => cancelled, released: () => released };
}

async function failure(
  { answer }: Streaming,
  observe: (event: ChatEvent) => void = () => undefined,
): Promise<GatewayError> {
  try {
    await collectStream(answer, chat, observe);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('expected an error');
}

describe('a stream that ends well', () => {
  test('is its events, and the reply it would have been', async () => {
    const streamed = await streaming(ANSWER);
    const seen: ChatEvent[] = [];
    const reply = await collectStream(streamed.answer, chat, (event) => seen.push(event));
    expect(reply.body).toEqual({
      id: 'x',
      object: 'chat.completion',
      created: 5,
      model: 'm',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' },
      ],
      usage: USAGE,
      vendor_member: [1],
    });
    expect(JSON.parse(reply.text)).toEqual(reply.body as never);
    expect([reply.kind, reply.verbatim, reply.headers.get('x-ratelimit')]).toEqual([
      'reply',
      true,
      '7',
    ]);
    expect('held' in reply || 'stream' in reply).toBe(false);
    expect(reply.events).toEqual(seen);
    const { blocks, finish } = collect(seen);
    expect(blocks).toEqual([{ kind: 'text', text: 'Hello', citations: [] }]);
    expect(finish.usage).toMatchObject({ input: 3, output: 2 });
  });

  test('leaves its connection to be used again', async () => {
    const streamed = await streaming(ANSWER);
    await collectStream(streamed.answer, chat, () => undefined);
    expect([streamed.cancelled(), streamed.released()]).toEqual([false, true]);
  });

  test('tells of each event as it comes, held ones first', async () => {
    const streamed = await streaming(ANSWER);
    expect(streamed.answer.held.length).toBeGreaterThan(0);
    const kinds: string[] = [];
    await collectStream(streamed.answer, chat, ({ type }) => kinds.push(type));
    expect(kinds).toEqual([
      'start',
      'block-start',
      'block-delta',
      'block-delta',
      'usage',
      'block-end',
      'finish',
    ]);
  });

  test('may come in one piece, or byte by byte', async () => {
    const whole = await collectStream(
      (await streaming([ANSWER.join('')])).answer,
      chat,
      () => undefined,
    );
    const bytes = [...ANSWER.join('')];
    const cut = await collectStream((await streaming(bytes)).answer, chat, () => undefined);
    expect(cut.body).toEqual(whole.body);
    expect(cut.events).toEqual(whole.events);
  });

  test('ends with its finish reason, however its connection ends', async () => {
    const broken = await streaming([...ANSWER.slice(0, 4), new Error('reset')]);
    const { body } = await collectStream(broken.answer, chat, () => undefined);
    expect(body).toMatchObject({ choices: [{ message: { content: 'Hello' } }], usage: USAGE });
  });

  test.each([
    ['of another dialect', UPSTREAM_DIALECTS.cohere, false],
    ['of the same, to be turned back', chat, false],
  ] as const)('%s is its events alone', async (_, dialect, verbatim) => {
    const cohere = [
      { type: 'message-start', id: 'c', delta: { message: { role: 'assistant' } } },
      {
        type: 'content-start',
        index: 0,
        delta: { message: { content: { type: 'text', text: '' } } },
      },
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hello' } } } },
      { type: 'content-end', index: 0 },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    const streamed = await streaming(dialect === chat ? ANSWER : cohere, dialect, verbatim);
    const reply = await collectStream(streamed.answer, chat, () => undefined);
    expect([reply.body, reply.text]).toEqual([{}, '']);
    expect(collect(reply.events).blocks).toMatchObject([{ kind: 'text', text: 'Hello' }]);
  });
});

describe('a stream that ends badly closes its connection and throws', () => {
  test('what the provider tells, without what it must not tell', async () => {
    const streamed = await streaming([
      ...ANSWER.slice(0, 2),
      'data: {"error":{"message":"overloaded","code":503}}\n\n',
      chunk({ content: 'more' }),
    ]);
    const error = await failure(streamed);
    expect(error.code).toBe('upstream_overloaded');
    expect(error.message).toStartWith('redacted ');
    expect(streamed.cancelled()).toBe(true);
  });

  test.each([
    ['in the middle', ANSWER.slice(0, 2)],
    ['with its connection', [...ANSWER.slice(0, 2), new Error('reset')]],
  ])('that it was cut %s', async (_, pieces) => {
    const streamed = await streaming(pieces);
    const seen: ChatEvent[] = [];
    const error = await failure(streamed, (event) => seen.push(event));
    expect(error.code).toBe('upstream_stream_truncated');
    // What was told until then is known: it was paid for.
    expect(seen.some(({ type }) => type === 'block-delta')).toBe(true);
    expect(streamed.released()).toBe(true);
  });

  test('that it is more than anybody answers', async () => {
    const megabyte = chunk({ content: 'x'.repeat(1024 * 1024) });
    const streamed = await streaming([
      chunk({ content: 'y' }),
      ...Array.from({ length: 70 }, () => megabyte),
      DONE,
    ]);
    const error = await failure(streamed);
    expect(error.code).toBe('upstream_invalid_response');
    expect(error.message).toContain('64 MB');
    expect(streamed.cancelled()).toBe(true);
  });

  test('what the observer throws', async () => {
    const streamed = await streaming(ANSWER);
    const thrown = new GatewayError('upstream_too_slow', 'slow');
    const error = await failure(streamed, (event) => {
      if (event.type === 'block-delta') throw thrown;
    });
    expect(error).toBe(thrown);
    expect(streamed.cancelled()).toBe(true);
  });

  test('that a call which has to cross to another dialect is broken; on its own it is the caller’s to judge', async () => {
    const call = (text: string) => ({
      tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: text } }],
    });
    const pieces = [chunk(call('{"a":')), chunk({}, 'tool_calls'), DONE];
    const anthropic = DIALECTS['anthropic-messages'];
    const across = await streaming(pieces, chat, false);
    await expect(collectStream(across.answer, anthropic, () => undefined)).rejects.toMatchObject({
      code: 'upstream_invalid_response',
    });
    const { tools } = chat.decodeCall({
      model: 'm',
      messages: [],
      tools: [{ type: 'function', function: { name: 'f', parameters: { required: ['a'] } } }],
    });
    const empty = await streaming([chunk(call('')), chunk({}, 'tool_calls'), DONE], chat, false);
    await expect(
      collectStream(
        empty.answer,
        anthropic,
        () => undefined,
        () => tools,
      ),
    ).rejects.toMatchObject({ code: 'upstream_invalid_response' });
    const same = await collectStream((await streaming(pieces)).answer, chat, () => undefined);
    expect(same.body).toMatchObject({
      choices: [{ message: { tool_calls: [{ function: { arguments: '{"a":' } }] } }],
    });
  });
});
