// Forms that single makers have on this wire for what others write in the plain way: thoughts, beginnings, documents, model by model.
import { describe, expect, test } from 'bun:test';
import { targetOf } from '../../../test/contracts/example-reply.ts';
import type { ChatCall, Message, Part } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Quirks } from '../../core/provider.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { encodeCall } from './encode-call.ts';
import { forwardCall } from './forward-call.ts';
import { openaiChat } from './index.ts';

const CALL: ChatCall = {
  model: 'asked',
  messages: [],
  tools: [],
  toolChoice: null,
  sampling: {},
  output: { type: 'text' },
  reasoning: null,
  stream: false,
  user: null,
  extra: {},
};

function encode(call: Partial<ChatCall>, quirks: Quirks, target: Partial<Target> = {}) {
  const { body, losses } = encodeCall({ ...CALL, ...call }, targetOf('m', { quirks, ...target }));
  return { body: asObject(parseJson(body)) ?? {}, losses };
}

/** The messages of these turns. */
function said(
  quirks: Quirks,
  turns: readonly (readonly [Message['role'], readonly Part[]])[],
  target: Partial<Target> = {},
): { messages: readonly JsonObject[]; losses: readonly string[] } {
  const messages = turns.map(([role, parts], at) => ({ role, parts, path: `messages[${at}]` }));
  const { body, losses } = encode({ messages }, quirks, target);
  return { messages: asArray(body.messages).map((message) => asObject(message) ?? {}), losses };
}

const hi = ['user', [{ type: 'text', text: 'Hi' }]] as const;
const thought = { type: 'reasoning', text: 'Hmm.' } as const;
const use = { type: 'tool-use', id: 'a', name: 'f', arguments: '{}' } as const;

describe('thoughts as parts of the content', () => {
  const quirks: Quirks = { reasoningField: 'thinking-parts', reasoningReplay: 'accepted' };
  const part = { type: 'thinking', thinking: [{ type: 'text', text: 'Hmm.' }] };

  test('stand before the text, and alone beside calls', () => {
    const text = { type: 'text', text: 'Well.' } as const;
    const { messages, losses } = said(quirks, [
      hi,
      ['assistant', [thought, text]],
      hi,
      ['assistant', [thought, use]],
      ['user', [{ type: 'tool-result', toolUseId: 'a', content: [] }]],
    ]);
    expect(messages[1]).toEqual({ role: 'assistant', content: [part, text] });
    expect(messages[3]).toEqual({
      role: 'assistant',
      content: [part],
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    });
    expect(losses).toEqual([]);
  });

  test('come back as they came: the wire’s own reply, replayed', () => {
    const content = [part, { type: 'text', text: 'Well.' }];
    const call = openaiChat.decodeCall({
      model: 'x',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content },
        { role: 'user', content: 'So?' },
      ],
    });
    const { body, losses } = encode(call, quirks);
    expect(asObject(asArray(body.messages)[1])?.content).toEqual(content);
    expect(losses).toEqual([]);
  });

  test('a signature, an encrypted thought and a model that does not think are named', () => {
    const signed = { ...thought, signature: 's', format: 'anthropic-claude-v1' };
    const sealed = { type: 'redacted-reasoning', data: 'd' } as const;
    const turns = [hi, ['assistant', [signed, sealed, use]], hi] as const;
    expect(said(quirks, turns).losses).toEqual([
      'messages[1]: encrypted reasoning can only be read by its maker',
      'messages[1]: the signature of the reasoning is of use only to its maker',
    ]);
    const plain = said(quirks, [hi, ['assistant', [thought, use]], hi], { reasoning: false });
    expect(plain.messages[1]?.content).toBeNull();
    expect(plain.losses).toEqual([
      'messages[1]: reasoning is not taken by a model that does not think',
    ]);
  });
});

describe('the beginning of an answer', () => {
  const turns = [hi, ['assistant', [{ type: 'text', text: 'Once' }]]] as const;

  test('is marked where it can be', () => {
    const { messages, losses } = said({ prefill: 'prefix-flag' }, turns);
    expect(messages.at(-1)).toEqual({ role: 'assistant', content: 'Once', prefix: true });
    expect(losses).toEqual([expect.stringContaining('repeated')]);
    expect(said({ prefill: 'prefix-flag' }, [...turns, hi]).messages[1]?.prefix).toBeUndefined();
  });

  test('is named elsewhere', () => {
    const { messages, losses } = said({}, turns);
    expect(messages.at(-1)).toEqual({ role: 'assistant', content: 'Once' });
    expect(losses).toEqual([expect.stringContaining('finished turn')]);
  });
});

test('documents as parts with an address of either kind', () => {
  const pdf = { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' } as const;
  const url = { kind: 'url', url: 'https://x/y.pdf', mediaType: null } as const;
  const quirks: Quirks = { documentPart: 'document_url', documentUrls: true };
  const { messages, losses } = said(quirks, [
    [
      'user',
      [
        { type: 'document', source: pdf, filename: 'a.pdf' },
        { type: 'document', source: url },
        { type: 'document', source: { kind: 'text', text: 'plain' } },
      ],
    ],
  ]);
  expect(messages[0]?.content).toEqual([
    {
      type: 'document_url',
      document_url: 'data:application/pdf;base64,JVBE',
      document_name: 'a.pdf',
    },
    { type: 'document_url', document_url: 'https://x/y.pdf' },
    { type: 'text', text: 'Document:\nplain' },
  ]);
  expect(losses).toEqual([]);
});

describe('model by model', () => {
  const quirks: Quirks = {
    efforts: ['none', 'low', 'high'],
    modelRules: [
      { match: 'thinker', refusedFields: ['stop', 'presence_penalty'] },
      { match: 'switch', efforts: ['none', 'default'], defaults: { reasoning_format: 'parsed' } },
    ],
  };

  test('fields one refuses are dropped and named, whoever wrote them', () => {
    const sampling = { stop: ['x'], presencePenalty: 1, frequencyPenalty: 1 };
    const { body, losses } = encode({ sampling }, quirks, { model: 'thinker-1' });
    expect(body).toEqual({ model: 'thinker-1', messages: [], frequency_penalty: 1 });
    expect(losses).toEqual([
      'stop: not taken by thinker-1',
      'presence_penalty: not taken by thinker-1',
    ]);
    const own = { model: 'x', messages: [], stop: ['x'] };
    const forwarded = forwardCall(JSON.stringify(own), own, targetOf('thinker-1', { quirks }));
    expect(JSON.parse(forwarded.body)).toEqual({ model: 'thinker-1', messages: [] });
    expect(forwarded.losses).toEqual(['stop: not taken by thinker-1']);
    expect(encode({ sampling }, quirks, { model: 'other' }).losses).toEqual([]);
  });

  test('what one needs is said for calls of other wires, not in place of what they say', () => {
    expect(encode({}, quirks, { model: 'switch' }).body.reasoning_format).toBe('parsed');
    const extra = { 'openai-chat': { reasoning_format: 'hidden' } };
    expect(encode({ extra }, quirks, { model: 'switch' }).body.reasoning_format).toBe('hidden');
    expect(encode({}, quirks, { model: 'other' }).body.reasoning_format).toBeUndefined();
  });

  test('a maker’s own word for thinking stands for every measure of it', () => {
    const asked = (effort: 'low' | 'high' | 'none') =>
      encode({ reasoning: { effort } }, quirks, { model: 'switch' });
    expect(asked('high').body.reasoning_effort).toBe('default');
    expect(asked('low').losses).toEqual(['reasoning.effort: "low" only turns thinking on here']);
    expect(asked('none').body.reasoning_effort).toBe('none');
    expect(asked('none').losses).toEqual([]);
  });
});
