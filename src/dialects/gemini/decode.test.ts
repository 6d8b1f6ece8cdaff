// Answers as events: whole ones, streams in all their odd shapes, and errors.
import { describe, expect, test } from 'bun:test';
import { lawBreaks } from '../../../test/contracts/event-law.ts';
import { collect } from '../../core/collect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import type { JsonObject } from '../../lib/json.ts';
import { SseFrame } from '../../lib/sse.ts';
import { gemini } from './index.ts';

function reply(parts: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0, ...more }],
    responseId: 'r1',
    modelVersion: 'gemini-3-flash',
  };
}

function chunk(parts: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return { candidates: [{ content: { role: 'model', parts }, index: 0, ...more }] };
}

function streamed(chunks: readonly (JsonObject | string)[]): readonly ChatEvent[] {
  const decoder = gemini.decoder();
  const events = chunks.flatMap((body) => {
    const data = typeof body === 'string' ? body : JSON.stringify(body);
    return decoder.push(new SseFrame(null, data, `data: ${data}\n\n`));
  });
  const all = [...events, ...decoder.end()];
  expect(lawBreaks(all)).toEqual([]);
  return all;
}

const blocksOf = (body: JsonObject) => {
  const events = gemini.decodeReply(body);
  expect(lawBreaks(events)).toEqual([]);
  return collect(events).blocks as readonly unknown[];
};

function failureOf(work: () => unknown): GatewayError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('it should have failed');
}

const signature = (text: string) => ({
  kind: 'reasoning',
  text: '',
  signature: text,
  format: 'google-gemini-v1',
});

describe('signatures', () => {
  test('of calls stand right before them, of texts after them', () => {
    expect(
      blocksOf(
        reply([
          { text: 'Thinking', thought: true },
          { text: 'I will look.', thoughtSignature: 's0' },
          { functionCall: { id: 'c1', name: 'a', args: { x: 1 } }, thoughtSignature: 's1' },
          { functionCall: { name: 'b' } },
        ]),
      ),
    ).toEqual([
      { kind: 'reasoning', text: 'Thinking', signature: null, format: 'google-gemini-v1' },
      { kind: 'text', text: 'I will look.', citations: [] },
      signature('s0'),
      signature('s1'),
      { kind: 'tool-use', id: 'c1', name: 'a', arguments: '{"x":1}', custom: false },
      { kind: 'tool-use', id: 'call_r1_1', name: 'b', arguments: '{}', custom: false },
    ]);
  });

  test('on the empty text that ends a stream are kept', () => {
    const { blocks, finish } = collect(
      streamed([
        chunk([{ text: 'Hi' }]),
        chunk([{ text: ' there' }]),
        chunk([{ text: '', thoughtSignature: 's' }], { finishReason: 'STOP' }),
      ]),
    );
    expect<readonly unknown[]>(blocks).toEqual([
      { kind: 'text', text: 'Hi there', citations: [] },
      signature('s'),
    ]);
    expect(finish.reason).toBe('stop');
  });

  test('of thoughts stay with their thoughts', () => {
    expect(
      blocksOf(
        reply([
          { text: 'One', thought: true, thoughtSignature: 'a' },
          { text: 'Two', thought: true },
        ]),
      ),
    ).toMatchObject([
      { text: 'One', signature: 'a' },
      { text: 'Two', signature: null },
    ]);
  });
});

describe('parts of other kinds', () => {
  test('pictures become images of chat completions', () => {
    expect(
      blocksOf(
        reply([{ inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 's' }]),
      ),
    ).toEqual([
      signature('s'),
      {
        kind: 'opaque',
        dialect: 'openai-chat',
        value: {
          images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
        },
      },
    ]);
  });

  test('pictures that are only thoughts are no images of the answer', () => {
    const draft = { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thought: true };
    expect(blocksOf(reply([draft]))).toEqual([{ kind: 'opaque', dialect: 'gemini', value: draft }]);
  });

  test('code and hosted calls stay whole', () => {
    const part = { executableCode: { language: 'PYTHON', code: '1' }, thoughtSignature: 's' };
    expect(blocksOf(reply([part, { text: 'done' }]))).toEqual([
      { kind: 'opaque', dialect: 'gemini', value: part },
      { kind: 'text', text: 'done', citations: [] },
    ]);
  });
});

describe('citations', () => {
  test('count characters where the API counts bytes, and belong to the text though a signature follows it', () => {
    const groundingMetadata = {
      webSearchQueries: ['where', 'which town'],
      groundingChunks: [
        { web: { uri: 'https://a.example', title: 'A' } },
        { web: { uri: 'https://b.example' } },
      ],
      groundingSupports: [
        { segment: { startIndex: 7, endIndex: 12, text: 'Paris' }, groundingChunkIndices: [0] },
      ],
    };
    const { blocks, finish } = collect(
      streamed([
        chunk([{ text: 'Été: ' }]),
        chunk([{ text: 'Paris', thoughtSignature: 's' }], {
          finishReason: 'STOP',
          groundingMetadata,
        }),
      ]),
    );
    expect<readonly unknown[]>(blocks).toEqual([
      {
        kind: 'text',
        text: 'Été: Paris',
        citations: [
          {
            dialect: 'openai-chat',
            value: {
              type: 'url_citation',
              url_citation: { url: 'https://a.example', title: 'A', start_index: 5, end_index: 10 },
            },
          },
          {
            dialect: 'openai-chat',
            value: { type: 'url_citation', url_citation: { url: 'https://b.example', title: '' } },
          },
        ],
      },
      signature('s'),
      {
        kind: 'opaque',
        dialect: 'gemini',
        value: { type: 'groundingMetadata', groundingMetadata },
      },
    ]);
    expect(finish.usage.searches).toBe(2);
  });
});

describe('ends', () => {
  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['RECITATION', 'content-filter'],
    ['BLOCKLIST', 'content-filter'],
    ['PROHIBITED_CONTENT', 'content-filter'],
    ['SPII', 'content-filter'],
    ['IMAGE_SAFETY', 'content-filter'],
    ['LANGUAGE', 'other'],
    ['OTHER', 'other'],
    ['A_WORD_OF_TOMORROW', 'other'],
  ])('%s is %s', (finishReason, reason) => {
    const { finish } = collect(gemini.decodeReply(reply([{ text: 'a' }], { finishReason })));
    expect([finish.reason, finish.raw]).toEqual([reason as typeof finish.reason, finishReason]);
  });

  test('a call makes it tool-calls, whatever the word', () => {
    const parts = [{ functionCall: { name: 'f', args: {} } }];
    for (const finishReason of ['STOP', 'UNEXPECTED_TOOL_CALL']) {
      const { finish } = collect(gemini.decodeReply(reply(parts, { finishReason })));
      expect(finish.reason).toBe('tool-calls');
    }
  });

  test('a call nobody can read is a failure worth another try, whole or streamed', () => {
    const body = reply([], { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'f(' });
    const failure = failureOf(() => gemini.decodeReply(body));
    expect([failure.code, failure.next]).toEqual(['upstream_invalid_response', 'retry']);
    expect(streamed([body]).at(-1)).toMatchObject({ type: 'error', error: { code: failure.code } });
  });

  test('without a reason there is none', () => {
    expect(streamed([chunk([{ text: 'a' }])]).at(-1)).toMatchObject({
      error: { code: 'upstream_stream_truncated' },
    });
    expect(streamed([]).at(-1)).toMatchObject({ error: { code: 'upstream_stream_truncated' } });
    const failure = failureOf(() => gemini.decodeReply({ usageMetadata: { totalTokenCount: 3 } }));
    expect(failure.code).toBe('upstream_invalid_response');
  });

  test('a blocked prompt is a refusal, streamed too', () => {
    const { blocks, finish } = collect(streamed([{ promptFeedback: { blockReason: 'SAFETY' } }]));
    expect<readonly unknown[]>(blocks).toEqual([
      { kind: 'refusal', text: 'The provider blocked the prompt (SAFETY).' },
    ]);
    expect(finish).toMatchObject({ reason: 'content-filter', raw: 'SAFETY' });
  });
});

describe('a stream', () => {
  test('has only its first candidate, and survives a line that is no JSON', () => {
    const { blocks } = collect(
      streamed([
        {
          candidates: [
            { content: { parts: [{ text: 'other' }] }, index: 1 },
            { content: { parts: [{ text: 'this' }] }, index: 0 },
          ],
        },
        '{"candidates":[{"cont',
        chunk([], { finishReason: 'STOP' }),
      ]),
    );
    expect<readonly unknown[]>(blocks).toEqual([{ kind: 'text', text: 'this', citations: [] }]);
  });

  test('ends with the error it holds, as an object or a list', () => {
    const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' };
    for (const body of [{ error }, JSON.stringify([{ error }])]) {
      const events = streamed([chunk([{ text: 'a' }]), body, chunk([{ text: 'b' }])]);
      expect(events.at(-1)).toMatchObject({ error: { code: 'upstream_overloaded' } });
    }
  });

  test('puts together arguments in pieces, and a call that was never ended', () => {
    const { blocks } = collect(
      streamed([
        chunk([{ functionCall: { name: 'f', willContinue: true }, thoughtSignature: 's' }]),
        chunk([
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.a[1].b', stringValue: 'x', willContinue: true }],
              willContinue: true,
            },
          },
        ]),
        chunk([
          {
            functionCall: {
              partialArgs: [
                { jsonPath: '$.a[1].b', stringValue: 'y' },
                { jsonPath: "$['c d']", boolValue: true },
                { jsonPath: '$.__proto__', numberValue: 1 },
                { jsonPath: '$.n', nullValue: 'NULL_VALUE' },
              ],
            },
          },
        ]),
        chunk([{ functionCall: { name: 'g', willContinue: true } }]),
        chunk([{ text: '' }], { finishReason: 'STOP' }),
      ]),
    );
    expect(blocks).toMatchObject([
      { signature: 's' },
      { name: 'f', arguments: '{"a":[null,{"b":"xy"}],"c d":true,"__proto__":1,"n":null}' },
      { name: 'g', arguments: '{}' },
    ]);
  });
});

describe('usage', () => {
  const usage = (usageMetadata: JsonObject) =>
    collect(gemini.decodeReply({ ...reply([{ text: 'a' }]), usageMetadata })).finish.usage;

  test('is told apart by kind: cached, heard, thought, spoken', () => {
    expect(
      usage({
        promptTokenCount: 100,
        cachedContentTokenCount: 40,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 70 },
          { modality: 'AUDIO', tokenCount: 30 },
        ],
        cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 10 }],
        toolUsePromptTokenCount: 7,
        candidatesTokenCount: 20,
        candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 5 }],
        thoughtsTokenCount: 3,
        totalTokenCount: 130,
        serviceTier: 'flex',
      }),
    ).toEqual({
      input: 47,
      cacheRead: 40,
      cacheWrite5m: null,
      cacheWrite1h: null,
      output: 15,
      reasoning: 3,
      audioIn: 20,
      audioOut: 5,
      searches: null,
      cachedAudio: 10,
      tier: 'flex',
    });
  });

  test('that is not told is unknown', () => {
    expect(usage({ trafficType: 'ON_DEMAND' })).toMatchObject({ input: null, output: null });
  });
});

describe('error replies', () => {
  const error = (status: number, word: string, message: string, details: JsonObject[] = []) => {
    const body = { error: { code: status, status: word, message, details } } as JsonObject;
    return gemini.decodeError(status, new Headers(), body, JSON.stringify(body));
  };

  test.each([
    [400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.', 'upstream_auth'],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count (9) exceeds the maximum number of tokens allowed (8).',
      'upstream_context_length',
    ],
    [
      400,
      'FAILED_PRECONDITION',
      'User location is not supported for the API use.',
      'upstream_forbidden',
    ],
    [400, 'INVALID_ARGUMENT', 'Unknown name "a"', 'upstream_invalid_request'],
    [401, 'UNAUTHENTICATED', 'Request had invalid credentials.', 'upstream_auth'],
    [403, 'PERMISSION_DENIED', 'No.', 'upstream_forbidden'],
    [404, 'NOT_FOUND', 'models/x is not found', 'upstream_not_found'],
    [429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota', 'upstream_rate_limited'],
    [500, 'INTERNAL', 'An internal error has occurred.', 'upstream_error'],
    [503, 'UNAVAILABLE', 'The model is overloaded.', 'upstream_overloaded'],
    [503, 'UNAVAILABLE', 'Try later.', 'upstream_unavailable'],
    [504, 'DEADLINE_EXCEEDED', 'Too long.', 'upstream_timeout'],
  ])('%i %s "%s" is %s', (status, word, message, code) => {
    expect(error(status, word, message).code).toBe(code as GatewayError['code']);
  });

  test('carry the machine word and the wait', () => {
    const failure = error(400, 'INVALID_ARGUMENT', 'API key not valid.', [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' },
    ]);
    expect(failure.details).toMatchObject({
      upstreamStatus: 400,
      upstreamCode: 'API_KEY_INVALID',
      upstreamType: 'INVALID_ARGUMENT',
    });
    const limit = error(429, 'RESOURCE_EXHAUSTED', 'Slow down.', [{ retryDelay: '12s' }]);
    expect(limit.details.retryAfterS).toBe(12);
  });

  test('of no known shape say so', () => {
    const page = gemini.decodeError(502, new Headers(), undefined, '<html>');
    expect(page.message).toBe('The provider answered 502 without saying why.');
    expect(gemini.decodeError(400, new Headers(), undefined, 'plain words').message).toBe(
      'plain words',
    );
    expect(gemini.decodeError(400, new Headers(), { error: {} }, '').code).toBe(
      'upstream_invalid_request',
    );
  });
});
test('calls of replies without an id have ids that differ from turn to turn', () => {
  const idOf = (city: string) => {
    const functionCall = { name: 'weather', args: { city } };
    const events = gemini.decodeReply({
      candidates: [{ content: { role: 'model', parts: [{ functionCall }] }, finishReason: 'STOP' }],
    });
    const start = events.find((event) => event.type === 'block-start');
    return start?.type === 'block-start' && start.block.kind === 'tool-use' ? start.block.id : null;
  };
  expect(idOf('Oslo')).toMatch(/^call_[a-z0-9]+_0$/);
  expect(idOf('Oslo')).toBe(idOf('Oslo'));
  expect(idOf('Oslo')).not.toBe(idOf('Rome'));
});
