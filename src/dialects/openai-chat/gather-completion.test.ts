// Chunks as servers of this wire send them, against the completion they would have sent whole.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../core/errors.ts';
import { asObjects, type Json, type JsonObject } from '../../lib/json.ts';
import { SseFrame } from '../../lib/sse.ts';
import { CompletionGatherer } from './gather-completion.ts';

function gather(...frames: readonly (JsonObject | string)[]): JsonObject {
  const gatherer = new CompletionGatherer();
  for (const frame of frames)
    gatherer.push(
      new SseFrame(null, typeof frame === 'string' ? frame : JSON.stringify(frame), ''),
    );
  return gatherer.reply();
}

const choice = (delta: JsonObject, rest: JsonObject = {}): JsonObject => ({
  choices: [{ index: 0, delta: delta as Json, finish_reason: null, ...rest } as Json],
});
const END = choice({}, { finish_reason: 'stop' });

const choiceOf = (...frames: readonly (JsonObject | string)[]): JsonObject =>
  asObjects(gather(...frames).choices)[0] ?? {};
const messageOf = (...deltas: readonly JsonObject[]): unknown =>
  choiceOf(...deltas.map((delta) => choice(delta)), END).message;

describe('the completion', () => {
  test('is what the maker sends whole', () => {
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 5, model: 'm' };
    const more = { service_tier: 'default', system_fingerprint: 'fp', obfuscation: 'xxx' };
    const chunk = (delta: JsonObject, finish: string | null = null) => ({
      ...head,
      ...more,
      ...choice(delta, { logprobs: null, finish_reason: finish }),
      usage: null,
    });
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    expect(
      gather(
        chunk({ role: 'assistant', content: '', refusal: null }),
        chunk({ content: 'Hel' }),
        chunk({ content: 'lo' }),
        chunk({}, 'stop'),
        { ...head, ...more, choices: [], usage },
        '[DONE]',
        chunk({ content: 'after the end' }),
      ),
    ).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 5,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage,
      service_tier: 'default',
      system_fingerprint: 'fp',
    });
  });

  test('takes its id, model and date from the first chunk that has them', () => {
    const first = { id: '', model: '', created: 0, choices: [], prompt_filter_results: [{ a: 1 }] };
    const reply = gather(first, { id: 'x', model: 'm', created: 7, ...END }, { id: 'y', ...END });
    expect(reply).toMatchObject({
      id: 'x',
      model: 'm',
      created: 7,
      prompt_filter_results: [{ a: 1 }],
    });
    expect(gather(END)).not.toHaveProperty('id');
  });

  test('has the usage, wherever and however often it was told', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, details: { cached: 1, thought: null } };
    expect(gather({ ...END, usage }).usage).toEqual(usage);
    expect(gather({ ...END, x_groq: { id: 'req', usage } })).toMatchObject({
      usage,
      x_groq: { id: 'req' },
    });
    expect(gather({ ...END, x_groq: { id: 'req', usage } }).x_groq).toEqual({ id: 'req' });
    const inChoice = gather(choice({}, { usage, finish_reason: 'stop' }));
    expect(inChoice.usage).toEqual(usage);
    expect(asObjects(inChoice.choices)[0]).not.toHaveProperty('usage');
    const later = { completion_tokens: 9, details: { thought: 4, cached: null } };
    expect(
      gather({ ...END, usage }, { choices: [], usage: later }, { choices: [], usage: null }).usage,
    ).toEqual({
      prompt_tokens: 1,
      completion_tokens: 9,
      details: { cached: 1, thought: 4 },
    });
    expect(gather({ ...END, usage: null })).not.toHaveProperty('usage');
  });

  test('keeps what nobody knows: the last of it, and lists of sources once', () => {
    const reply = gather(
      { ...choice({ content: 'a' }), citations: ['u1'], time_info: null, provider: 'x', p: 'abc' },
      { ...END, citations: ['u1', 'u2'], time_info: { total: 1 }, sla: { a: 1 } },
      { choices: [], sla: { b: 2, a: null } },
    );
    expect(reply).toMatchObject({
      citations: ['u1', 'u2'],
      time_info: { total: 1 },
      provider: 'x',
      sla: { a: 1, b: 2 },
    });
    expect(reply).not.toHaveProperty('p');
  });

  test('may have several choices, in the order of their indices', () => {
    const piece = (index: number, content: string, finish: string | null = null) => ({
      choices: [{ index, delta: { content }, finish_reason: finish }],
    });
    const { choices } = gather(
      piece(1, 'b'),
      piece(0, 'a'),
      piece(1, 'B', 'length'),
      piece(0, 'A', 'stop'),
    );
    expect(choices).toEqual([
      { index: 0, message: { role: 'assistant', content: 'aA' }, finish_reason: 'stop' },
      { index: 1, message: { role: 'assistant', content: 'bB' }, finish_reason: 'length' },
    ]);
  });

  test('is not stopped by broken lines, or by an error beside the end of a whole answer', () => {
    const late = { ...END, error: { message: 'Token limit reached' } };
    const reply = gather(choice({ content: 'a' }), '{"broken', late, { error: { message: 'x' } });
    expect(reply).toMatchObject({
      choices: [{ message: { content: 'a' }, finish_reason: 'stop' }],
    });
    expect(reply).not.toHaveProperty('error');
  });

  test('is refused where no chunk has a choice', () => {
    for (const frames of [
      [],
      ['[DONE]'],
      [{ choices: [] }, '[DONE]'],
      [{ choices: [{ index: 'x' }] }],
    ]) {
      let thrown: unknown;
      try {
        gather(...(frames as (JsonObject | string)[]));
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(GatewayError);
      expect((thrown as GatewayError).code).toBe('upstream_invalid_response');
    }
  });
});

describe('a choice', () => {
  test('has its log probabilities joined', () => {
    const token = (token: string) => ({ token, logprob: -1 });
    const found = choiceOf(
      choice({ content: 'a' }, { logprobs: { content: [token('a')], refusal: null } }),
      choice({ content: 'b' }, { logprobs: { content: [token('b')], refusal: null } }),
      choice({ refusal: 'c' }, { logprobs: { content: null, refusal: [token('c')] } }),
      choice({}, { logprobs: null, finish_reason: 'stop' }),
    );
    expect(found.logprobs).toEqual({ content: [token('a'), token('b')], refusal: [token('c')] });
    expect(choiceOf(choice({}, { logprobs: null })).logprobs).toBeNull();
    expect(choiceOf(END)).not.toHaveProperty('logprobs');
  });

  test('keeps what its maker adds', () => {
    const safe = { filtered: false, severity: 'safe' };
    expect(
      choiceOf(
        choice(
          { content: 'a' },
          { content_filter_results: { hate: safe }, matched_stop: null, token_ids: [1] },
        ),
        choice({}, { content_filter_results: {}, native_finish_reason: 'STOP', token_ids: [2, 3] }),
        choice(
          {},
          { content_filter_results: { violence: safe }, stop_reason: null, finish_reason: 'stop' },
        ),
      ),
    ).toMatchObject({
      content_filter_results: { hate: safe, violence: safe },
      matched_stop: null,
      native_finish_reason: 'STOP',
      stop_reason: null,
      token_ids: [1, 2, 3],
      finish_reason: 'stop',
    });
  });

  test('that never says why it ended ends with what it shows', () => {
    expect(choiceOf(choice({ content: 'a' }), '[DONE]').finish_reason).toBe('stop');
    const call = { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] };
    expect(choiceOf(choice(call), '[DONE]').finish_reason).toBe('tool_calls');
  });

  test('that comes as a whole message is that message; repeated beside deltas it is noise', () => {
    const message = { role: 'assistant', content: 'Hello' };
    expect(choiceOf({ choices: [{ index: 0, message, finish_reason: 'stop' }] }).message).toEqual(
      message,
    );
    const beside = (content: string) => choice({ content }, { message: { content: 'Hello' } });
    const after = { choices: [{ index: 0, message, finish_reason: 'stop' }] };
    const found = choiceOf(beside('Hel'), beside('lo'), after);
    expect(found).toEqual({ index: 0, message, finish_reason: 'stop' });
  });
});

describe('a message', () => {
  test('without content says null where it calls or refuses, as the makers do', () => {
    const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } };
    expect(messageOf({ role: 'assistant', content: '' }, { tool_calls: [call] })).toMatchObject({
      content: null,
    });
    expect(messageOf({ content: null })).toMatchObject({ content: null });
    expect(messageOf({ content: '', refusal: '' }, { refusal: 'No.' })).toEqual({
      role: 'assistant',
      content: null,
      refusal: 'No.',
      annotations: [],
    });
    expect(messageOf({ content: '' })).toEqual({ role: 'assistant', content: '' });
    expect(messageOf({ content: '' }, { content: 'x' }, { tool_calls: [call] })).toMatchObject({
      content: 'x',
    });
  });

  test('has its reasoning joined, under whichever name', () => {
    expect(
      messageOf(
        { reasoning: 'a', reasoning_content: null },
        { reasoning: 'b', reasoning_content: 'c' },
        { reasoning_content: 'd', reasoning: null },
      ),
    ).toMatchObject({ reasoning: 'ab', reasoning_content: 'cd' });
    expect(messageOf({ reasoning: null, content: 'x' })).toMatchObject({ reasoning: null });
  });

  test('has entries of reasoning_details joined by index until they are signed', () => {
    const entry = (members: JsonObject) => ({ reasoning_details: [members as Json] });
    const text = (index: number, more: JsonObject) =>
      entry({ type: 'reasoning.text', index, format: 'f', ...more });
    expect(
      messageOf(
        text(0, { text: 'a', id: null }),
        text(0, { text: 'b', id: 'r' }),
        text(0, { signature: 'sig' }),
        text(0, { text: 'next' }),
        entry({ type: 'reasoning.encrypted', index: 0, data: 'x' }),
        entry({ type: 'reasoning.encrypted', index: 0, data: 'y' }),
        entry({ type: 'reasoning.summary', index: 1, summary: 's' }),
        entry({ type: 'reasoning.summary', index: 1, summary: 't' }),
        { reasoning_details: [] },
      ),
    ).toMatchObject({
      reasoning_details: [
        { type: 'reasoning.text', index: 0, format: 'f', id: 'r', text: 'ab', signature: 'sig' },
        { type: 'reasoning.text', index: 0, format: 'f', text: 'next' },
        { type: 'reasoning.encrypted', index: 0, data: 'x' },
        { type: 'reasoning.encrypted', index: 0, data: 'y' },
        { type: 'reasoning.summary', index: 1, summary: 'st' },
      ],
    });
  });

  test('has parts joined, thinking and the text after it each to one', () => {
    const thinking = (text: string) => ({
      content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }],
    });
    expect(
      messageOf(
        { role: 'assistant', content: '' },
        thinking('a'),
        thinking('b'),
        { content: [{ type: 'text', text: 'c' }] },
        { content: 'd' },
        { content: [{ type: 'reference', reference_ids: [1] }] },
        { content: 'e' },
      ),
    ).toMatchObject({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'ab' }] },
        { type: 'text', text: 'cd' },
        { type: 'reference', reference_ids: [1] },
        { type: 'text', text: 'e' },
      ],
    });
  });

  test('keeps annotations, pictures and what its maker adds', () => {
    expect(
      messageOf(
        {
          annotations: [{ url: 1 }],
          images: [{ index: 0, url: 'a' }],
          channel: 'analysis',
          vendor: 'x',
        },
        {
          annotations: [{ url: 2 }],
          images: [{ index: 1, url: 'b' }],
          vendor: 'y',
          tool_calls: null,
        },
        { executed_tools: [{ index: 0, type: 'search', arguments: '{}' }], channel: 'final' },
        { executed_tools: [{ index: 0, type: 'search', output: 'found' }] },
      ),
    ).toEqual({
      role: 'assistant',
      content: null,
      annotations: [{ url: 1 }, { url: 2 }],
      images: [
        { index: 0, url: 'a' },
        { index: 1, url: 'b' },
      ],
      executed_tools: [{ index: 0, type: 'search', arguments: '{}', output: 'found' }],
      vendor: 'y',
      tool_calls: null,
    });
  });

  test('has its sound joined', () => {
    expect(
      messageOf(
        { audio: { id: 'a', transcript: 'Hel' } },
        { audio: { transcript: 'lo' } },
        { audio: { data: 'AAAA' } },
        { audio: { data: 'BBBB' } },
        { audio: { expires_at: 9 } },
      ),
    ).toMatchObject({
      audio: { id: 'a', transcript: 'Hello', data: 'AAAABBBB', expires_at: 9 },
    });
  });

  test('has the oldest kind of call', () => {
    const message = messageOf(
      { function_call: { name: 'f', arguments: '' } },
      { function_call: { arguments: '{"a"' } },
      { function_call: { arguments: ':1}' } },
    );
    expect(message).toMatchObject({
      content: null,
      function_call: { name: 'f', arguments: '{"a":1}' },
    });
    // Recorded: an empty one beside everything else.
    expect(
      messageOf({ content: 'x', function_call: { name: '', arguments: '' } }),
    ).not.toHaveProperty('function_call');
  });
});

describe('tool calls', () => {
  const calls = (...entries: JsonObject[]): JsonObject => ({ tool_calls: entries as Json });
  const called = (...deltas: JsonObject[]) =>
    (messageOf(...deltas) as JsonObject).tool_calls as unknown;

  test('that are interleaved are joined by index, which whole replies do not have', () => {
    expect(
      called(
        calls({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
        calls({ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{' } }),
        calls(
          { index: 0, function: { arguments: '{"x"' } },
          { index: 1, function: { arguments: '}' } },
        ),
        calls({ index: 0, id: null, type: null, function: { name: null, arguments: ':1}' } }),
      ),
    ).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'b', type: 'function', function: { name: 'g', arguments: '}'.padStart(2, '{') } },
    ]);
  });

  test('that are all numbered alike, or not at all, are told apart all the same', () => {
    const whole = (id: string, members: JsonObject = {}) => ({
      id,
      function: { name: 'f', arguments: '{}' },
      ...members,
    });
    const expected = [
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
      { id: 'b', type: 'function', function: { name: 'f', arguments: '{}' } },
    ];
    expect(called(calls(whole('a', { index: 0 })), calls(whole('b', { index: 0 })))).toEqual(
      expected,
    );
    expect(called(calls(whole('a')), calls(whole('b')))).toEqual(expected);
    expect(
      called(
        calls({ id: 'a', function: { name: 'f', arguments: '{' } }),
        calls({ function: { arguments: '}' } }),
        calls(whole('b')),
      ),
    ).toEqual(expected);
  });

  test('name themselves once, however often they are named', () => {
    const piece = (text: string) =>
      calls({ index: 0, id: 'a', function: { name: 'f', arguments: text } });
    expect(called(piece('{'), piece('}'))).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
    ]);
  });

  test('of free text have an input; state of their maker stays with them', () => {
    expect(
      called(
        calls({ index: 0, id: 'a', type: 'custom', custom: { name: 'p', input: '*** ' } }),
        calls({ index: 0, custom: { input: 'x' } }),
        calls({
          index: 1,
          id: 'b',
          function: { name: 'f', arguments: { a: 1 } },
          extra_content: { google: { s: 1 } },
        }),
      ),
    ).toEqual([
      { id: 'a', type: 'custom', custom: { name: 'p', input: '*** x' } },
      {
        id: 'b',
        type: 'function',
        function: { name: 'f', arguments: '{"a":1}' },
        extra_content: { google: { s: 1 } },
      },
    ]);
  });
});
