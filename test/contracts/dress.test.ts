// What a router puts to a request is put in on every wire callers speak: the parsed text says it, and every other byte stays.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { CallerDialectId } from '../../src/core/dialect.ts';
import type { Dressing } from '../../src/core/dressing.ts';
import type { GenerationConfig, MessageTemplate } from '../../src/core/router.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import { asArray, asObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import { arrayElements, memberText } from '../../src/lib/json-splice.ts';
import { targetOf } from './example-reply.ts';

type PerWire<T> = { readonly [D in CallerDialectId]: T };

const NOTHING: Dressing = { prompt: [], generation: {}, search: {}, commands: null };
const COMMANDS: ReadonlySet<string> = new Set(['review', 'code']);

/** Every setting there is. */
const GENERATION: Required<GenerationConfig> = {
  maxTokens: 321,
  temperature: 0.5,
  topP: 0.9,
  repetitionPenalty: 1.1,
  frequencyPenalty: 0.2,
  presencePenalty: 0.3,
  stop: ['END'],
  seed: 7,
  logitBias: { '50256': -100 },
  reasoning: { effort: 'low', maxTokens: 2000, exclude: true },
};
const REASONING = { effort: 'low', max_tokens: 2000, exclude: true };

const SYSTEM: MessageTemplate = { role: 'system', content: 'Be "brief".' };
const EXAMPLE: readonly MessageTemplate[] = [
  { role: 'user', content: 'Weather?' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [
      { id: 'c1', name: 'f', arguments: '{ "n": 12345678901234567890 }' },
      { id: 'c2', name: 'g', arguments: '' },
    ],
  },
  { role: 'tool', content: 'sun', toolCallId: 'c1' },
  { role: 'tool', content: 'rain', toolCallId: 'c2' },
  { role: 'assistant', content: 'Both.' },
];

interface Wire {
  readonly list: string;
  /** The least request whose user says this. */
  body(content: Json): JsonObject;
  /** One whose caller gave instructions, and whose user says `Hi`. */
  instructed(text: string): JsonObject;
  readonly textType: string;
  /** The settings on the wire, and those it has no words for. */
  readonly generation: JsonObject;
  readonly unsaid: readonly (keyof GenerationConfig)[];
  /** Fields that keep the settings out, beside those of the same name. */
  readonly said: readonly (readonly [JsonObject, string])[];
  readonly system: (own: Json | undefined) => JsonObject;
  readonly example: readonly Json[];
}

const WIRES: PerWire<Wire> = {
  'openai-chat': {
    list: 'messages',
    body: (content) => ({ model: 'm', messages: [{ role: 'user', content }] }),
    instructed: (content) => ({
      model: 'm',
      messages: [
        { role: 'system', content },
        { role: 'developer', content },
        { role: 'user', content: 'Hi' },
      ],
    }),
    textType: 'text',
    generation: {
      max_tokens: 321,
      temperature: 0.5,
      top_p: 0.9,
      repetition_penalty: 1.1,
      frequency_penalty: 0.2,
      presence_penalty: 0.3,
      stop: ['END'],
      seed: 7,
      logit_bias: { '50256': -100 },
      reasoning: REASONING,
    },
    unsaid: [],
    said: [
      [{ max_completion_tokens: 5 }, 'max_tokens'],
      [{ reasoning_effort: 'low' }, 'reasoning'],
      [{ thinking: { type: 'enabled' } }, 'reasoning'],
      [{ extra_body: { enable_thinking: false } }, 'reasoning'],
    ],
    system: () => ({ messages: [{ role: 'system', content: 'Be "brief".' }] }),
    example: [
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'c1',
            type: 'function',
            function: { name: 'f', arguments: '{ "n": 12345678901234567890 }' },
          },
          { id: 'c2', type: 'function', function: { name: 'g', arguments: '' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'sun' },
      { role: 'tool', tool_call_id: 'c2', content: 'rain' },
      { role: 'assistant', content: 'Both.' },
    ],
  },
  'anthropic-messages': {
    list: 'messages',
    body: (content) => ({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content }] }),
    instructed: (system) => ({
      model: 'm',
      max_tokens: 9,
      system,
      messages: [{ role: 'user', content: 'Hi' }],
    }),
    textType: 'text',
    generation: { temperature: 0.5, top_p: 0.9, stop_sequences: ['END'], reasoning: REASONING },
    unsaid: ['repetitionPenalty', 'frequencyPenalty', 'presencePenalty', 'seed', 'logitBias'],
    said: [
      [{ thinking: { type: 'disabled' } }, 'reasoning'],
      [{ output_config: { effort: 'low' } }, 'reasoning'],
    ],
    system: (own) => ({ system: own === undefined ? 'Be "brief".' : `Be "brief".\n\n${own}` }),
    example: [
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'c1', name: 'f', input: { n: 12345678901234567000 } },
          { type: 'tool_use', id: 'c2', name: 'g', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: 'sun' },
          { type: 'tool_result', tool_use_id: 'c2', content: 'rain' },
        ],
      },
      { role: 'assistant', content: 'Both.' },
    ],
  },
  'openai-responses': {
    list: 'input',
    body: (content) => ({ model: 'm', input: [{ type: 'message', role: 'user', content }] }),
    instructed: (content) => ({
      model: 'm',
      instructions: content,
      input: [
        { role: 'developer', content },
        { type: 'message', role: 'system', content },
        { role: 'user', content: 'Hi' },
      ],
    }),
    textType: 'input_text',
    generation: { max_output_tokens: 321, temperature: 0.5, top_p: 0.9, reasoning: REASONING },
    unsaid: [
      'repetitionPenalty',
      'frequencyPenalty',
      'presencePenalty',
      'stop',
      'seed',
      'logitBias',
    ],
    said: [[{ reasoning: { effort: 'none' } }, 'reasoning']],
    system: (own) => ({
      instructions: own === undefined ? 'Be "brief".' : `Be "brief".\n\n${own}`,
    }),
    example: [
      { type: 'message', role: 'user', content: 'Weather?' },
      {
        type: 'function_call',
        call_id: 'c1',
        name: 'f',
        arguments: '{ "n": 12345678901234567890 }',
      },
      { type: 'function_call', call_id: 'c2', name: 'g', arguments: '' },
      { type: 'function_call_output', call_id: 'c1', output: 'sun' },
      { type: 'function_call_output', call_id: 'c2', output: 'rain' },
      { type: 'message', role: 'assistant', content: 'Both.' },
    ],
  },
};

for (const dialect of Object.values(DIALECTS)) {
  const wire = WIRES[dialect.id];
  /** The body as somebody else would write it, its text and object both checked against each other. */
  const dress = (body: JsonObject, dressing: Partial<Dressing>) => {
    const text = JSON.stringify(body, null, 1);
    const dressed = dialect.dress(text, body, { ...NOTHING, ...dressing });
    expect(JSON.parse(dressed.text)).toEqual(dressed.body as never);
    dialect.checkCall(dressed.body);
    return dressed;
  };
  const hi = wire.body('Hi');

  describe(`a router on ${dialect.id}`, () => {
    test('puts nothing where it has nothing', () => {
      const text = JSON.stringify(hi, null, 3);
      const dressed = dialect.dress(text, hi, { ...NOTHING, commands: COMMANDS });
      expect([dressed.text, dressed.unsaid]).toEqual([text, []]);
      expect(dressed.body).toBe(hi);
    });

    test('puts its settings, and says which the wire has no words for', () => {
      const { body, unsaid } = dress(hi, { generation: GENERATION });
      expect(body).toEqual({ ...hi, ...wire.generation });
      expect(unsaid).toEqual([...wire.unsaid]);
      const told = Object.keys(wire.generation).length + unsaid.length;
      expect(told).toBe(
        Object.keys(GENERATION).length - (dialect.id === 'anthropic-messages' ? 1 : 0),
      );
    });

    test('what the request says stands, at the top level or in extra_body', () => {
      for (const [name, value] of Object.entries(wire.generation)) {
        const own =
          name === 'reasoning' ? { effort: 'high' } : typeof value === 'number' ? 1 : value;
        for (const body of [
          { ...hi, [name]: own },
          { ...hi, extra_body: { [name]: own } },
        ]) {
          const { [name]: _, ...others } = wire.generation;
          expect(dress(body, { generation: GENERATION }).body).toEqual({
            ...body,
            ...others,
          } as never);
        }
        const unwritten = dress({ ...hi, [name]: null }, { generation: GENERATION });
        expect(unwritten.body).toEqual({ ...hi, ...wire.generation });
      }
    });

    test.each(wire.said.map((entry) => [...entry] as const))('%j keeps its %s', (own, field) => {
      const { body } = dress({ ...hi, ...own }, { generation: GENERATION });
      expect(body[field]).toEqual((own[field] ?? undefined) as never);
    });

    test('what was put in is not put in again', () => {
      const dressing = { generation: GENERATION, search: { webSearch: true } };
      const once = dress(hi, dressing);
      expect(dialect.dress(once.text, once.body, { ...NOTHING, ...dressing }).text).toBe(once.text);
    });

    test('a wish to hide reasoning and one to think go together', () => {
      const { body } = dress(
        { ...hi, reasoning: { exclude: false } },
        { generation: { reasoning: { effort: 'low', exclude: true } } },
      );
      expect(body.reasoning).toEqual({ exclude: false, effort: 'low' });
    });

    test('asks for a search where the request says nothing of one', () => {
      const ask = (own: JsonObject, search: Dressing['search']) =>
        dress({ ...hi, ...own }, { search }).body;
      expect(ask({}, { webSearch: { max_results: 3 } })).toEqual({
        ...hi,
        web_search: { max_results: 3 },
      });
      expect(ask({}, { webSearchOptions: {} })).toEqual({ ...hi, web_search_options: {} });
      expect(ask({}, { webSearch: false })).toEqual(hi);
      for (const own of [{ web_search: false }, { extra_body: { web_search_options: {} } }])
        expect(ask(own, { webSearch: true })).toEqual({ ...hi, ...own } as never);
    });

    test('instructions come first', () => {
      for (const own of [undefined, 'Speak Spanish.']) {
        const [field = ''] = Object.keys(wire.system(own));
        const base = own === undefined || field === 'messages' ? hi : { ...hi, [field]: own };
        const expected = wire.system(own);
        const list = Array.isArray(expected[field])
          ? { [field]: [...asArray(expected[field]), ...asArray(hi[field])] }
          : expected;
        expect(dress(base, { prompt: [SYSTEM] }).body).toEqual({ ...base, ...list } as never);
      }
    });

    test('examples come before what was said', () => {
      const { body } = dress(hi, { prompt: EXAMPLE });
      expect(body).toEqual({
        ...hi,
        [wire.list]: [...wire.example, ...asArray(hi[wire.list])],
      } as never);
      expect(() => dialect.decodeCall(body)).not.toThrow();
    });

    test('examples come behind the instructions a request begins with, which stay instructions', () => {
      const own = wire.instructed('Speak Spanish.');
      const { body } = dress(own, { prompt: [SYSTEM, ...EXAMPLE] });
      const call = dialect.decodeCall(body);
      const roles = call.messages.map(({ role }) => role);
      const turns = roles.slice(roles.indexOf('user'));
      expect(turns.filter((role) => role === 'system' || role === 'developer')).toEqual([]);
      const { body: text, losses } = DIALECTS['anthropic-messages'].encodeCall(call, targetOf('m'));
      const sent = JSON.parse(text) as JsonObject;
      expect(JSON.stringify(sent.system)).toMatch(/Be .*brief.*Speak Spanish\./);
      expect(JSON.stringify(sent.messages)).toMatch(/Weather\?.*Both\..*Hi/);
      expect(JSON.stringify(sent.messages)).not.toContain('Spanish');
      expect(losses).toEqual([]);
    });

    test('all of it together is the request with each of its parts', () => {
      const { body } = dress(wire.body('/review it'), {
        prompt: [SYSTEM, ...EXAMPLE],
        generation: GENERATION,
        commands: COMMANDS,
      });
      const call = dialect.decodeCall(body);
      expect(call.messages[0]).toMatchObject({ role: 'system', parts: [{ text: 'Be "brief".' }] });
      expect(call.messages.at(-1)).toMatchObject({
        role: 'user',
        parts: [{ type: 'text', text: 'it' }],
      });
      expect(call.sampling).toMatchObject({ temperature: 0.5, topP: 0.9 });
      expect(call.reasoning).toMatchObject({ effort: 'low', budget: 2000, exclude: true });
    });

    const part = (text: string): JsonObject => ({ type: wire.textType, text });
    test.each<[string, Json, Json | null]>([
      ['a command', '/review fix this', 'fix this'],
      ['with a line after it', '/code\n\nfix  this\n', 'fix  this\n'],
      ['white space before it', '  /code fix', '  fix'],
      ['the reset, always', '/model use the usual one', 'use the usual one'],
      ['an unknown one', '/tmp is full', null],
      ['a longer name', '/reviewer fix', null],
      ['a path', '/review/a.ts is broken', null],
      ['not at the beginning', 'please /review this', null],
      ['nothing after it', '/review', null],
      ['only white space after it', '/review \n', null],
      ['only one is cut', '/review /code it', '/code it'],
      ['a part', [part('/review it')], [part('it')]],
      [
        'after a reminder',
        [part('<system-reminder>x</system-reminder>'), part('/review it'), part('/code')],
        [part('<system-reminder>x</system-reminder>'), part('it'), part('/code')],
      ],
      [
        'in one text with a reminder',
        '<system-reminder>/code x</system-reminder>\n/review it',
        '<system-reminder>/code x</system-reminder>\nit',
      ],
      [
        'in a wrapper',
        '<user_query>\n/review it\n</user_query>',
        '<user_query>\nit\n</user_query>',
      ],
      ['alone in its part', [part('/review'), part('the code')], null],
      ['not the first text', [part('the code'), part('/review it')], null],
      [
        'as an agent expands it',
        [
          part('<command-message>review</command-message>\n<command-name>/review</command-name>'),
          part('/review the code'),
        ],
        null,
      ],
    ])('cuts or leaves: %s', (_, content, expected) => {
      const body = wire.body(content);
      const dressed = dress(body, { commands: COMMANDS });
      expect(dressed.body).toEqual(expected === null ? body : wire.body(expected));
      if (expected === null) expect(dressed.text).toBe(JSON.stringify(body, null, 1));
    });

    test('only users type commands, and in every turn of theirs', () => {
      const [turn] = asArray(wire.body('/review a')[wire.list]);
      const said = asObject(turn) ?? {};
      const list = [said, { ...said, role: 'assistant' }, said] as readonly Json[];
      const body = { ...hi, [wire.list]: list };
      const cut = { ...said, content: 'a' };
      expect(dress(body, { commands: COMMANDS }).body[wire.list]).toEqual([
        cut,
        list[1],
        cut,
      ] as never);
      expect(dress(body, {}).body).toBe(body);
    });

    test('a conversation in extra_body is the one that is changed', () => {
      const inside = wire.body('/review it')[wire.list] ?? null;
      const body = { ...hi, extra_body: { [wire.list]: inside } };
      const dressed = dress(body, { prompt: EXAMPLE, commands: COMMANDS });
      expect(dressed.body[wire.list]).toEqual(hi[wire.list] as never);
      const list = asArray(asObject(dressed.body.extra_body)?.[wire.list]);
      expect(list.slice(0, -1)).toEqual([...wire.example]);
      expect(asObject(list.at(-1))?.content).toBe('it');
    });
  });

  describe(`bytes of ${dialect.id}`, () => {
    const word = fc.constantFrom(
      '/review',
      '/code ',
      ' fix',
      '\n',
      '"',
      '\\',
      'é',
      '😀',
      '<system-reminder>',
      '</system-reminder>',
      'x',
    );
    const said = fc.array(word, { maxLength: 6 }).map((words) => words.join(''));
    const content: fc.Arbitrary<Json> = fc.oneof(
      said,
      fc.array(
        said.map((text): Json => ({ type: wire.textType, text, big: '@big' })),
        { maxLength: 3 },
      ),
    );
    const item = fc
      .record({ role: fc.constantFrom('user', 'assistant', 'system'), content })
      .map((turn): Json => ({ odd: '@big', type: 'message', ...turn }));
    const request = fc.record({
      list: fc.array(item, { minLength: 1, maxLength: 4 }),
      indent: fc.constantFrom(0, 1, 4),
      prompt: fc.subarray([SYSTEM, ...EXAMPLE]),
      commands: fc.boolean(),
      settings: fc.boolean(),
      temperature: fc.option(fc.constant(0.25), { nil: undefined }),
    });

    /** Instructions first, the caller's behind the router's; then the rest, in the same order. */
    const withoutPrompt = (
      all: readonly string[],
      own: readonly Json[],
      prompt: readonly MessageTemplate[],
      added: number,
    ): readonly string[] => {
      const isInList = dialect.id === 'openai-chat' && prompt[0]?.role === 'system';
      const first = isInList ? 1 : 0;
      const turn = own.findIndex((item) => asObject(item)?.role !== 'system');
      const ours = turn === -1 ? own.length : turn;
      return [...all.slice(first, first + ours), ...all.slice(ours + added)];
    };

    test('every one outside what is put in or cut stays', () => {
      fc.assert(
        fc.property(request, ({ list, indent, prompt, commands, settings, temperature }) => {
          const source: JsonObject = {
            before: '@big',
            ...hi,
            [wire.list]: list,
            after: [1, '@big'],
            ...(temperature === undefined ? {} : { temperature }),
          };
          // Digits no number of JavaScript's holds, and an escape no printer writes.
          const text = JSON.stringify(source, null, indent)
            .replaceAll('"@big"', '12345678901234567890.10')
            .replaceAll('é', '\\u00e9');
          const body = JSON.parse(text) as JsonObject;
          const kept = structuredClone(body);
          const dressing: Dressing = {
            ...NOTHING,
            prompt,
            commands: commands ? COMMANDS : null,
            generation: settings ? { temperature: 0.5, seed: 7 } : {},
          };
          const dressed = dialect.dress(text, body, dressing);
          expect(body).toEqual(kept);
          expect(JSON.parse(dressed.text)).toEqual(dressed.body as never);
          for (const name of ['before', 'after', 'model'])
            expect(memberText(dressed.text, name)).toBe(memberText(text, name) as string);
          expect(dressed.body.temperature).toBe(
            (temperature ?? (settings ? 0.5 : undefined)) as never,
          );
          const raw = (of: string) => {
            const inside = memberText(of, wire.list) ?? '[]';
            return arrayElements(inside).map(({ start, end }) => inside.slice(start, end));
          };
          const before = raw(text);
          const all = raw(dressed.text);
          const after = withoutPrompt(all, list, prompt, all.length - before.length);
          expect(after.length).toBe(before.length);
          before.forEach((turn, at) => {
            if (turn === after[at]) return;
            expect(commands).toBe(true);
            const [was, is] = [turn, after[at] ?? ''].map((one) => JSON.parse(one) as JsonObject);
            expect(was?.role).toBe('user');
            // Nothing but a command at the beginning of one text is gone.
            const texts = [was, is].map((one) =>
              typeof one?.content === 'string'
                ? [one.content]
                : asArray(one?.content).map((entry) => String(asObject(entry)?.text)),
            );
            const changed = texts[0]?.findIndex((one, place) => one !== texts[1]?.[place]) ?? -1;
            const [long = '', short = ''] = texts.map((all) => all[changed] ?? '');
            const cut = long.length - short.length;
            const fits = [...Array(short.length).keys()].filter(
              (start) => long.slice(0, start) + long.slice(start + cut) === short,
            );
            const gone = fits.map((start) => long.slice(start, start + cut));
            expect(gone.some((words) => /^\/(review|code)\s+$/.test(words))).toBe(true);
            expect(short.trim()).not.toBe('');
            expect(is?.odd).toEqual(was?.odd as never);
          });
          if (prompt.length === 0 && !commands && !settings) expect(dressed.text).toBe(text);
        }),
        { numRuns: 1500 },
      );
    });
  });
}
