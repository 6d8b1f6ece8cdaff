// What a router puts to a request reaches each candidate in its own words, or is named as lost.
import { describe, expect, test } from 'bun:test';
import { targetOf } from '../../test/contracts/example-reply.ts';
import type { CallerDialectId, Target } from '../core/dialect.ts';
import type { Dressing } from '../core/dressing.ts';
import type { GenerationConfig, MessageTemplate } from '../core/router.ts';
import { DIALECTS, UPSTREAM_DIALECTS } from '../dialects/index.ts';
import type { JsonObject } from '../lib/json.ts';
import { dressInbound } from './dressed.ts';
import { readInbound, restated } from './inbound.ts';
import { fitPut, unsaidLosses } from './routed-settings.ts';

const NOTHING: Dressing = { prompt: [], generation: {}, search: {}, commands: null };
const BODIES: { readonly [D in CallerDialectId]: JsonObject } = {
  'openai-chat': { model: 'router/r', messages: [{ role: 'user', content: 'Hi' }] },
  'anthropic-messages': {
    model: 'router/r',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'Hi' }],
  },
  'openai-responses': { model: 'router/r', input: 'Hi' },
};

const read = (id: CallerDialectId, own: JsonObject = {}, headers = {}) =>
  readInbound(DIALECTS[id], JSON.stringify({ ...BODIES[id], ...own }), new Headers(headers));
const dressed = (id: CallerDialectId, dressing: Partial<Dressing>, own: JsonObject = {}) =>
  dressInbound(read(id, own), { ...NOTHING, ...dressing });

describe('dressInbound', () => {
  test('is the same request where there is nothing to put', () => {
    const inbound = read('openai-chat');
    expect(dressInbound(inbound, { ...NOTHING, commands: new Set(['x']) })).toBe(inbound);
  });

  test('reads the options it put in, and keeps the others, those of headers among them', () => {
    const inbound = read(
      'openai-chat',
      { metadata: { a: 1 }, web_search: false },
      { 'x-switchyard-cache': 'off' },
    );
    const { options } = dressInbound(inbound, {
      ...NOTHING,
      generation: { reasoning: { effort: 'low', exclude: true } },
      search: { webSearch: true },
    });
    expect(options).toEqual({
      metadata: { a: 1 },
      cache: { mode: 'off' },
      reasoning: { effort: 'low', exclude: true },
      web_search: false,
    });
  });

  test.each(Object.keys(BODIES) as CallerDialectId[])(
    'on %s, every setting is in the call, and stays in it when the request is restated',
    (id) => {
      const generation: GenerationConfig = {
        temperature: 1.5,
        topP: 0.9,
        stop: ['END'],
        seed: 7,
        frequencyPenalty: 0.2,
        presencePenalty: 0.3,
        repetitionPenalty: 1.1,
        logitBias: { '1': 5 },
      };
      const inbound = dressed(id, { generation });
      const again = restated(inbound, { text: inbound.text, body: inbound.body });
      for (const { sampling, extra } of [inbound.call(), again.call()]) {
        expect(sampling).toMatchObject({
          temperature: 1.5,
          topP: 0.9,
          stop: ['END'],
          seed: 7,
          frequencyPenalty: 0.2,
          presencePenalty: 0.3,
        });
        expect(extra['openai-chat']).toEqual({ repetition_penalty: 1.1, logit_bias: { '1': 5 } });
      }
      const chat = JSON.parse(DIALECTS['openai-chat'].encodeCall(again.call(), targetOf('m')).body);
      expect(chat).toMatchObject({ seed: 7, repetition_penalty: 1.1, logit_bias: { '1': 5 } });
      for (const wire of ['gemini', 'anthropic-messages', 'openai-responses'] as const) {
        const { losses } = UPSTREAM_DIALECTS[wire].encodeCall(again.call(), targetOf('m'));
        for (const name of ['repetition_penalty', 'logit_bias'])
          expect({ wire, name, named: losses.some((loss) => loss.startsWith(name)) }).toEqual({
            wire,
            name,
            named: true,
          });
      }
    },
  );

  test('what the request says is not overruled in the call either', () => {
    const inbound = dressed(
      'openai-responses',
      { generation: { seed: 7, stop: ['A'] } },
      { seed: 1 },
    );
    expect(inbound.call().sampling).toEqual({ seed: 1, stop: ['A'] });
  });
});

describe('what is said of a message names it as the caller does', () => {
  const prompt = [
    { role: 'system', content: 'P' },
    { role: 'user', content: 'q' },
    { role: 'assistant', content: 'a' },
  ] as const;
  const paths = (id: CallerDialectId, own: JsonObject, dressing: Partial<Dressing>) => {
    const { call, text, body } = dressed(id, dressing, own);
    const again = restated(dressed(id, dressing, own), { text, body });
    for (const { messages } of [again.call()])
      expect(messages.map(({ path }) => path)).toEqual(call().messages.map(({ path }) => path));
    return call().messages.map(({ path }) => path);
  };
  const PUT = 'router message_templates';
  const system: JsonObject = { role: 'system', content: 'S' };
  const user: JsonObject = { role: 'user', content: '/review x' };

  test.each<[string, JsonObject[], readonly MessageTemplate[], string[]]>([
    ['behind examples', [user], prompt, [PUT, PUT, PUT, 'messages[0]']],
    ['behind a prompt', [system, user], prompt.slice(0, 1), [PUT, 'messages[0]', 'messages[1]']],
    [
      'around them',
      [system, system, user],
      prompt,
      [PUT, 'messages[0]', 'messages[1]', PUT, PUT, 'messages[2]'],
    ],
    ['before examples', [system], prompt.slice(1), ['messages[0]', PUT, PUT]],
    ['with nothing put in', [system, user], [], ['messages[0]', 'messages[1]']],
  ])('%s', (_, messages, templates, expected) => {
    const dressing = { prompt: templates, commands: new Set(['review']) };
    expect(paths('openai-chat', { messages }, dressing)).toEqual(expected);
    const inside = { extra_body: { messages } };
    expect(paths('openai-chat', inside, dressing)).toEqual(expected);
  });

  test('on a wire whose instructions are beside its messages, with what only that wire says', () => {
    const odd = { type: 'text', text: 'Hi', not_known_yet: 1 };
    const messages = [user, { role: 'assistant', content: [odd] }, user];
    const dressing = { prompt };
    expect(paths('anthropic-messages', { messages }, dressing)).toEqual([
      'system',
      PUT,
      PUT,
      'messages[0]',
      'messages[1]',
      'messages[2]',
    ]);
    const { extra } = dressed('anthropic-messages', dressing, { messages }).call();
    expect(Object.keys(extra['anthropic-messages'] ?? {})).toEqual([
      'messages[1].content[0].not_known_yet',
    ]);
  });
});

describe('on its own wire', () => {
  test('a request names what its wire has no word for', () => {
    const { routed } = dressed('openai-responses', {
      generation: { seed: 7, stop: ['A'], topP: 1 },
    });
    if (routed === undefined) throw new Error('nothing was put');
    expect(unsaidLosses(routed, 'openai-responses')).toEqual([
      'text_generation_config.stop_sequences: the openai-responses wire has no word for it',
      'text_generation_config.seed: the openai-responses wire has no word for it',
    ]);
  });

  const fit = (own: JsonObject, generation: GenerationConfig, changes: Partial<Target>) => {
    const { text, body, routed } = dressed('openai-chat', { generation }, own);
    if (routed === undefined) throw new Error('nothing was put');
    const found = fitPut(text, body, routed, targetOf('m', changes));
    if (found !== null) expect(JSON.parse(found.body)).toEqual(found.fitted as never);
    return found;
  };

  test('a model that takes no temperature is not sent the router’s', () => {
    const found = fit({}, { temperature: 0.2, topP: 1, seed: 1 }, { temperature: false });
    expect(found?.fitted).toEqual({ ...BODIES['openai-chat'], seed: 1 });
    expect(found?.losses).toEqual(['temperature: not taken by m']);
  });

  test('the caller’s own words are sent as they are', () => {
    const target = { temperature: false, maxOutput: 10 };
    expect(
      fit(
        { temperature: 0.2, max_tokens: 99 },
        { temperature: 0.5, maxTokens: 50, seed: 1 },
        target,
      ),
    ).toBeNull();
  });

  test('a limit above the model’s is lowered', () => {
    const found = fit({}, { maxTokens: 50 }, { maxOutput: 10 });
    expect(found?.fitted.max_tokens).toBe(10);
    expect(found?.losses).toEqual(['max_tokens: lowered from 50 to 10, the most m writes']);
    expect(fit({}, { maxTokens: 50 }, { maxOutput: 50 })).toBeNull();
  });

  test('a model that takes no stop sequences is not sent the router’s', () => {
    const quirks = { modelRules: [{ match: 'm', stop: false }] };
    const found = fit({}, { stop: ['A'] }, { quirks });
    expect(found?.fitted).toEqual(BODIES['openai-chat']);
    expect(found?.losses).toEqual(['stop: not taken by m']);
  });
});
