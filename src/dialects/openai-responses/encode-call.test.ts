// Calls of other dialects as requests of the openai-responses wire: all of it in the body, or named as lost.
import { describe, expect, test } from 'bun:test';
import { targetOf } from '../../../test/contracts/example-reply.ts';
import type { ChatCall, Message, Part } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asObject, asObjects, type JsonObject, parseJson } from '../../lib/json.ts';
import { encodeCall } from './encode-call.ts';

const OWN = 'openai-responses-v1';

function callOf(changes: Partial<ChatCall> = {}): ChatCall {
  return {
    model: 'm',
    messages: [turn('user', { type: 'text', text: 'Hi' })],
    tools: [],
    toolChoice: null,
    sampling: {},
    output: { type: 'text' },
    reasoning: null,
    stream: false,
    user: null,
    extra: {},
    ...changes,
  };
}

function turn(role: Message['role'], ...parts: Part[]): Message {
  return { role, parts, path: `messages[${role}]` };
}

function encoded(
  changes: Partial<ChatCall> = {},
  target: Partial<Target> = {},
): { readonly body: JsonObject; readonly losses: readonly string[] } {
  const call = callOf(changes);
  const to = targetOf('m', target);
  const { body, losses } = encodeCall(call, to);
  expect(encodeCall(call, to).body).toBe(body);
  return { body: asObject(parseJson(body)) ?? {}, losses };
}

const inputOf = (...messages: Message[]) => encoded({ messages }).body.input;

test('the least there is', () => {
  expect(encoded()).toEqual({
    body: {
      model: 'm',
      input: [{ type: 'message', role: 'user', content: 'Hi' }],
      store: false,
    },
    losses: [],
  });
});

describe('system turns', () => {
  const system = turn('system', { type: 'text', text: 'A' });
  const user = turn('user', { type: 'text', text: 'Hi' });

  test('that lead are the instructions; later ones and developers’ are items', () => {
    const { body } = encoded({
      messages: [
        system,
        turn('system', { type: 'text', text: 'B' }),
        turn('developer', { type: 'text', text: 'C' }),
        user,
        turn('system', { type: 'text', text: 'D' }),
      ],
    });
    expect(body.instructions).toBe('A\n\nB');
    expect(body.input).toEqual([
      { type: 'message', role: 'developer', content: 'C' },
      { type: 'message', role: 'user', content: 'Hi' },
      { type: 'message', role: 'system', content: 'D' },
    ]);
  });

  test('stay in the input where there is no other, and in JSON mode', () => {
    expect(inputOf(system)).toEqual([{ type: 'message', role: 'system', content: 'A' }]);
    const { body } = encoded({ messages: [system, user], output: { type: 'json' } });
    expect(body.instructions).toBeUndefined();
    expect(asObjects(body.input)[0]).toMatchObject({ role: 'system', content: 'A' });
    expect(body.text).toEqual({ format: { type: 'json_object' } });
  });
});

describe('turns of the user', () => {
  test('carry pictures and files in every form', () => {
    const image: Part = {
      type: 'image',
      source: { kind: 'base64', mediaType: 'image/png', data: 'AA' },
      detail: 'low',
    };
    const { body, losses } = encoded({
      messages: [
        turn(
          'user',
          image,
          { type: 'image', source: { kind: 'url', url: 'https://i', mediaType: null } },
          { type: 'image', source: { kind: 'file', id: 'file-1', dialect: 'openai-chat' } },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'application/pdf', data: 'BB' },
            title: 'Report',
          },
          { type: 'document', source: { kind: 'url', url: 'https://d', mediaType: null } },
          { type: 'document', source: { kind: 'text', text: 'words' }, title: 'T' },
        ),
      ],
    });
    expect(asObjects(body.input)[0]?.content).toEqual([
      { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'low' },
      { type: 'input_image', image_url: 'https://i', detail: 'auto' },
      { type: 'input_image', file_id: 'file-1', detail: 'auto' },
      {
        type: 'input_file',
        filename: 'Report.pdf',
        file_data: 'data:application/pdf;base64,BB',
      },
      { type: 'input_file', file_url: 'https://d' },
      { type: 'input_text', text: 'Document (T):\nwords' },
    ]);
    expect(losses).toEqual([]);
  });

  test('lose what nobody hears or holds, by name', () => {
    const { body, losses } = encoded({
      messages: [
        turn(
          'user',
          { type: 'audio', data: 'AA', format: 'wav' },
          { type: 'image', source: { kind: 'file', id: 'f', dialect: 'anthropic-messages' } },
          { type: 'opaque', dialect: 'anthropic-messages', value: { type: 'container_upload' } },
        ),
      ],
    });
    expect(body.input).toEqual([{ type: 'message', role: 'user', content: '' }]);
    expect(losses.map((loss) => loss.slice(0, loss.indexOf(':')))).toEqual([
      'messages[user].content[0]',
      'messages[user].content[1]',
      'messages[user].content[2]',
    ]);
  });

  test('results stand right after their calls, with their pictures', () => {
    const calls = turn(
      'assistant',
      { type: 'tool-use', id: 'a', name: 'f', arguments: '' },
      { type: 'tool-use', id: 'b', name: 'g', arguments: 'free', custom: true },
    );
    const results = turn(
      'user',
      { type: 'text', text: 'and' },
      {
        type: 'tool-result',
        toolUseId: 'a',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image', source: { kind: 'url', url: 'https://i', mediaType: null } },
        ],
      },
      { type: 'tool-result', toolUseId: 'b', content: [], isError: true },
    );
    const { body, losses } = encoded({ messages: [calls, results] });
    expect(body.input).toEqual([
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'b', name: 'g', input: 'free' },
      {
        type: 'function_call_output',
        call_id: 'a',
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: 'https://i', detail: 'auto' },
        ],
      },
      { type: 'custom_tool_call_output', call_id: 'b', output: '' },
      { type: 'message', role: 'user', content: 'and' },
    ]);
    expect(losses).toEqual([expect.stringMatching(/^messages\[user\]\.content\[2\]\.is_error:/)]);
  });

  test('long ids are made to fit, the same for the call and its result', () => {
    const id = 'x'.repeat(100);
    const { body } = encoded(
      {
        messages: [
          turn('assistant', { type: 'tool-use', id, name: 'f', arguments: '{}' }),
          turn('user', { type: 'tool-result', toolUseId: id, content: [] }),
        ],
      },
      { quirks: { toolIdFormat: 'max40' } },
    );
    const [call, output] = asObjects(body.input);
    expect(String(call?.call_id).length).toBeLessThanOrEqual(40);
    expect(output?.call_id).toBe(call?.call_id);
  });
});

describe('turns of the model', () => {
  const user = turn('user', { type: 'text', text: 'Hi' });
  const use: Part = { type: 'tool-use', id: 'a', name: 'f', arguments: '{}' };
  const result = turn('user', { type: 'tool-result', toolUseId: 'a', content: [] });
  const thought: Part = {
    type: 'reasoning',
    text: 'hm',
    signature: 'rs_1|gAAA',
    format: OWN,
  };

  test('keep their order: reasoning before what it led to', () => {
    const { body, losses } = encoded({
      messages: [
        user,
        turn(
          'assistant',
          thought,
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
          { ...thought, text: '', signature: '|gBBB' },
          use,
        ),
        result,
      ],
    });
    expect(asObjects(body.input).slice(1, -1)).toEqual([
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: 'gAAA',
      },
      { type: 'message', role: 'assistant', content: 'ab' },
      { type: 'reasoning', summary: [], encrypted_content: 'gBBB' },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    ]);
    // Whose reasoning comes back is a model that thinks.
    expect(body.include).toEqual(['reasoning.encrypted_content']);
    expect(losses).toEqual([]);
  });

  test('reasoning of another maker stays behind, and is named where it led to a call', () => {
    const foreign: Part = {
      type: 'reasoning',
      text: 'hm',
      signature: 's',
      format: 'anthropic-claude-v1',
    };
    const redacted: Part = {
      type: 'redacted-reasoning',
      data: 'd',
      format: 'anthropic-claude-v1',
    };
    const between = encoded({
      messages: [user, turn('assistant', foreign, redacted, use), result],
    });
    expect(asObjects(between.body.input).map(({ type }) => type)).toEqual([
      'message',
      'function_call',
      'function_call_output',
    ]);
    expect(between.losses).toEqual([expect.stringContaining('reasoning of another maker')]);
    const over = encoded({
      messages: [user, turn('assistant', foreign, { type: 'text', text: 'a' }), user],
    });
    expect(over.losses).toEqual([]);
  });

  test('plain thoughts go back to those who take them', () => {
    const { body } = encoded(
      { messages: [user, turn('assistant', { type: 'reasoning', text: 'hm' }, use), result] },
      { quirks: { reasoningReplay: 'accepted' } },
    );
    expect(asObjects(body.input)[1]).toEqual({
      type: 'reasoning',
      summary: [],
      content: [{ type: 'reasoning_text', text: 'hm' }],
    });
  });

  test('reasoning that led to nothing would be refused, so it stays behind', () => {
    const { body, losses } = encoded({
      messages: [user, turn('assistant', { type: 'text', text: 'a' }, thought), user],
    });
    expect(asObjects(body.input).map(({ type }) => type)).toEqual([
      'message',
      'message',
      'message',
    ]);
    expect(losses).toEqual([expect.stringContaining('led to nothing')]);
  });

  test('a refusal is a part beside the text', () => {
    expect(
      inputOf(
        user,
        turn('assistant', { type: 'text', text: 'a' }, { type: 'refusal', text: 'no' }),
        user,
      ),
    ).toContainEqual({
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'output_text', text: 'a' },
        { type: 'refusal', refusal: 'no' },
      ],
    });
  });

  test('the beginning of an answer is named', () => {
    const { losses } = encoded({
      messages: [user, turn('assistant', { type: 'text', text: '{' })],
    });
    expect(losses).toEqual([expect.stringContaining('the beginning of an answer')]);
  });
});

describe('tools', () => {
  const parameters = { type: 'object', properties: {} };

  test('whose names the wire refuses go by ones it takes, and are told apart again', () => {
    const call = callOf({
      messages: [
        turn('user', { type: 'text', text: 'Hi' }),
        turn('assistant', { type: 'tool-use', id: 'c', name: 'files.read', arguments: '{}' }),
        turn('user', { type: 'tool-result', toolUseId: 'c', content: [] }),
      ],
      tools: [
        { type: 'function', name: 'files.read' },
        { type: 'custom', name: 'n'.repeat(65) },
        { type: 'function', name: 'plain-1' },
      ],
      toolChoice: { type: 'tool', name: 'files.read' },
    });
    const { body, disguise } = encodeCall(call, targetOf('m'));
    const sent = asObject(parseJson(body)) ?? {};
    const names = asObjects(sent.tools).map(({ name }) => String(name));
    expect(names.map((name) => disguise?.toolNames?.[name] ?? name)).toEqual([
      'files.read',
      'n'.repeat(65),
      'plain-1',
    ]);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(asObjects(sent.input)[1]).toMatchObject({ type: 'function_call', name: names[0] });
    expect(sent.tool_choice).toEqual({ type: 'function', name: names[0] ?? '' });
    expect(Object.keys(disguise ?? {})).toEqual(['toolNames']);
    const plain = callOf({ tools: [{ type: 'function', name: 'plain-1' }] });
    expect(encodeCall(plain, targetOf('m')).disguise).toBeUndefined();
  });

  test('are flat, and strict only where somebody asked for it', () => {
    const { body } = encoded({
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters },
        { type: 'function', name: 'g', strict: true },
        { type: 'custom', name: 'c', format: { type: 'text' } },
        { type: 'opaque', dialect: 'openai-responses', name: 'search', value: { type: 'search' } },
      ],
      sampling: { parallelToolCalls: false },
    });
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters, strict: false },
      { type: 'function', name: 'g', parameters, strict: true },
      { type: 'custom', name: 'c', format: { type: 'text' } },
      { type: 'search' },
    ]);
    expect(body.parallel_tool_calls).toBe(false);
  });

  test('of another maker’s hosting are named as lost', () => {
    const { body, losses } = encoded({
      tools: [
        {
          type: 'opaque',
          dialect: 'anthropic-messages',
          name: 'web_fetch',
          value: { type: 'web_fetch_20250910', name: 'web_fetch' },
        },
      ],
      toolChoice: { type: 'required' },
    });
    expect([body.tools, body.tool_choice]).toEqual([undefined, undefined]);
    expect(losses.map((loss) => loss.split(':')[0])).toEqual(['tools[0]', 'tool_choice']);
  });

  test('can be chosen in every way', () => {
    const choose = (toolChoice: ChatCall['toolChoice']) =>
      encoded({
        toolChoice,
        tools: [
          { type: 'function', name: 'f' },
          { type: 'custom', name: 'c' },
        ],
      }).body.tool_choice;
    expect(choose({ type: 'auto' })).toBe('auto');
    expect(choose({ type: 'none' })).toBe('none');
    expect(choose({ type: 'required' })).toBe('required');
    expect(choose({ type: 'tool', name: 'f' })).toEqual({ type: 'function', name: 'f' });
    expect(choose({ type: 'tool', name: 'c' })).toEqual({ type: 'custom', name: 'c' });
    expect(choose({ type: 'tool', name: 'gone' })).toBeUndefined();
    expect(encoded({ toolChoice: { type: 'none' } }).body.tool_choice).toBeUndefined();
  });

  test('another maker’s web search is this one’s, where the target searches', () => {
    const tools: ChatCall['tools'] = [
      {
        type: 'opaque',
        dialect: 'anthropic-messages',
        name: 'web_search',
        value: {
          type: 'web_search_20250305',
          name: 'web_search',
          allowed_domains: ['a.org'],
          max_uses: 3,
          user_location: { type: 'approximate', city: 'Bonn' },
        },
      },
    ];
    const choice = { toolChoice: { type: 'tool', name: 'web_search' } } as const;
    const { body, losses } = encoded({ tools, ...choice }, { quirks: { webSearchOptions: true } });
    expect(body.tools).toEqual([
      {
        type: 'web_search',
        filters: { allowed_domains: ['a.org'] },
        user_location: { type: 'approximate', city: 'Bonn' },
      },
    ]);
    expect(body.tool_choice).toEqual({ type: 'web_search' });
    expect(losses).toEqual(['tools[0].max_uses: a search on this wire takes no such wish']);
    expect(encoded({ tools }).losses).toEqual([
      expect.stringMatching(/^tools\[0\]: web_search is/),
    ]);
  });

  test('the gateway’s own web search is heard in every dialect', () => {
    const extra = { 'anthropic-messages': { web_search: true } };
    const { body, losses } = encoded({ extra }, { quirks: { webSearchOptions: true } });
    expect([body.tools, losses]).toEqual([[{ type: 'web_search' }], []]);
    expect(encoded({ extra }).losses).toEqual(['web_search: p does not search the web itself']);
  });

  test('a web search asked for by option is this wire’s tool, where the target searches', () => {
    const extra = {
      'openai-chat': {
        web_search_options: {
          search_context_size: 'low',
          user_location: { type: 'approximate', approximate: { country: 'DE', city: 'Bonn' } },
        },
      },
    };
    expect(encoded({ extra }, { quirks: { webSearchOptions: true } }).body.tools).toEqual([
      {
        type: 'web_search',
        search_context_size: 'low',
        user_location: { type: 'approximate', country: 'DE', city: 'Bonn' },
      },
    ]);
    const { body, losses } = encoded({ extra });
    expect(body.tools).toBeUndefined();
    expect(losses).toEqual(['web_search_options: p does not search the web itself']);
  });
});

describe('controls', () => {
  test('what this wire has not is named', () => {
    const { body, losses } = encoded({
      sampling: {
        stop: ['x'],
        seed: 1,
        topK: 5,
        presencePenalty: 0.1,
        frequencyPenalty: 0,
        temperature: 0.5,
        topP: 0.9,
      },
    });
    expect(body).toMatchObject({ temperature: 0.5, top_p: 0.9 });
    expect(losses.map((loss) => loss.split(':')[0])).toEqual([
      'stop',
      'seed',
      'top_k',
      'presence_penalty',
    ]);
  });

  test('reasoning models are not asked for chance', () => {
    const { body, losses } = encoded(
      { sampling: { temperature: 0.5, topP: 1 } },
      { temperature: false },
    );
    expect([body.temperature, body.top_p]).toEqual([undefined, undefined]);
    expect(losses).toEqual(['temperature: not taken by m']);
  });

  test('a limit is kept between the least and the most', () => {
    const limit = (maxTokens: number, maxOutput: number | null = null) => {
      const { body, losses } = encoded({ sampling: { maxTokens } }, { maxOutput });
      return [body.max_output_tokens, losses.length];
    };
    expect(limit(100)).toEqual([100, 0]);
    expect(limit(1)).toEqual([16, 1]);
    expect(limit(9000, 4000)).toEqual([4000, 1]);
  });

  test('thinking is asked for in efforts the model takes, and shown unless it may not be', () => {
    const asked = (reasoning: ChatCall['reasoning'], target: Partial<Target> = {}) =>
      encoded({ reasoning, sampling: { maxTokens: 10_000 } }, { reasoning: true, ...target });
    expect(asked({ effort: 'high' }).body.reasoning).toEqual({ effort: 'high', summary: 'auto' });
    expect(asked({ budget: 9000, mode: 'enabled' }).body.reasoning).toEqual({
      effort: 'high',
      summary: 'auto',
    });
    expect(asked({ effort: 'high', exclude: true }).body.reasoning).toEqual({ effort: 'high' });
    expect(asked({ effort: 'none' }).body.reasoning).toEqual({ effort: 'none' });
    expect(asked({ exclude: true }).body.reasoning).toBeUndefined();
    const unsummarised = asked({ effort: 'low' }, { quirks: { reasoningSummary: false } });
    expect(unsummarised.body.reasoning).toEqual({ effort: 'low' });
    const moved = asked({ effort: 'max' }, { efforts: ['low', 'high'] });
    expect([asObject(moved.body.reasoning)?.effort, moved.losses.length]).toEqual(['high', 1]);
    const unthinking = encoded({ reasoning: { effort: 'low' } }, { reasoning: false });
    expect([unthinking.body.reasoning, unthinking.body.include]).toEqual([undefined, undefined]);
    expect(unthinking.losses).toHaveLength(1);
  });

  test('state is asked of models that think, and only of them', () => {
    const include = (reasoning: boolean | null, asked: ChatCall['reasoning'] = null) =>
      encoded({ reasoning: asked }, { reasoning }).body.include;
    const state = ['reasoning.encrypted_content'];
    expect(include(true)).toEqual(state);
    expect(include(false, { effort: 'low' })).toBeUndefined();
    expect(include(null)).toBeUndefined();
    expect(include(null, { effort: 'low' })).toEqual(state);
    expect(include(null, { mode: 'disabled' })).toBeUndefined();
  });

  test('a schema says whether it is strict', () => {
    const schema = { type: 'object' };
    const format = (strict?: boolean) =>
      asObject(
        encoded({
          output: {
            type: 'json-schema',
            name: 'n',
            schema,
            ...(strict === undefined ? {} : { strict }),
          },
        }).body.text,
      )?.format;
    expect(format()).toEqual({ type: 'json_schema', name: 'n', schema, strict: false });
    expect(format(true)).toMatchObject({ strict: true });
  });

  test('the end user goes along, if short enough to be taken', () => {
    expect(encoded({ user: 'u' }).body.user).toBe('u');
    const { body, losses } = encoded({ user: 'u'.repeat(65) });
    expect(body.user).toBeUndefined();
    expect(losses).toEqual([expect.stringMatching(/^user: longer than the 64/)]);
  });
});

describe('fields only one dialect knows', () => {
  test('of the same maker go along where they mean the same', () => {
    const { body, losses } = encoded({
      extra: {
        'openai-chat': {
          prompt_cache_key: 'k',
          prompt_cache_retention: '24h',
          service_tier: 'flex',
          safety_identifier: 's',
          verbosity: 'low',
          modalities: ['text'],
          store: false,
          logit_bias: {},
        },
      },
    });
    expect(body).toMatchObject({
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      service_tier: 'flex',
      safety_identifier: 's',
      text: { verbosity: 'low' },
      store: false,
    });
    expect(losses).toEqual([]);
  });

  test('others are named, unless they ask for nothing', () => {
    const { losses } = encoded({
      extra: {
        'openai-chat': { n: 2, logprobs: true, modalities: ['text', 'audio'], store: true },
        'anthropic-messages': { container: 'c', mcp_servers: [] },
        'openai-responses': { 'input[0].foo': 1 },
      },
    });
    expect(losses.map((loss) => loss.slice(0, loss.lastIndexOf(':'))).sort()).toEqual([
      'container',
      'input[0].foo',
      'logprobs',
      'modalities',
      'n',
      'store',
    ]);
  });

  test('the wire’s own come back', () => {
    const { body } = encoded({
      reasoning: { effort: 'low' },
      extra: {
        'openai-responses': {
          truncation: 'auto',
          'reasoning.summary': 'detailed',
          'text.verbosity': 'high',
        },
      },
    });
    expect(body).toMatchObject({
      truncation: 'auto',
      reasoning: { effort: 'low', summary: 'detailed' },
      text: { verbosity: 'high' },
    });
  });

  test('what the provider refuses is left out and named', () => {
    const { body, losses } = encoded(
      { extra: { 'openai-chat': { service_tier: 'flex' } } },
      { quirks: { refusedFields: ['service_tier'] } },
    );
    expect(body.service_tier).toBeUndefined();
    expect(losses).toEqual(['service_tier: refused by p']);
  });
});

describe('prompt-cache marks', () => {
  const marked: Part = { type: 'text', text: 'long', cache: { ttl: '1h' } };
  const messages = [
    turn('system', { type: 'text', text: 'S', cache: { ttl: null } }),
    turn('user', marked, {
      type: 'tool-result',
      toolUseId: 'a',
      content: [{ type: 'text', text: 'r' }],
      cache: { ttl: null },
    }),
  ];

  test('stand on content where the model takes them', () => {
    const { body, losses } = encoded(
      { messages, tools: [{ type: 'function', name: 'f', cache: { ttl: null } }] },
      { quirks: { modelRules: [{ match: 'm', cacheBreakpoints: true }] } },
    );
    const mark = { prompt_cache_breakpoint: { mode: 'explicit' } };
    expect(body.instructions).toBeUndefined();
    expect(asObjects(body.input).map((item) => item.content ?? item.output)).toEqual([
      [{ type: 'input_text', text: 'S', ...mark }],
      [{ type: 'input_text', text: 'r', ...mark }],
      [{ type: 'input_text', text: 'long', ...mark }],
    ]);
    expect(losses).toEqual([
      expect.stringMatching(/^cache_control: 1 prompt-cache mark has no place/),
      expect.stringMatching(/^cache_control\.ttl:/),
    ]);
  });

  test('are counted elsewhere', () => {
    const { body, losses } = encoded({ messages });
    expect(body.instructions).toBe('S');
    expect(losses).toEqual([expect.stringMatching(/^cache_control: 3 prompt-cache marks have/)]);
  });
});
