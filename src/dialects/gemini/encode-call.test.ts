// Calls as requests of this wire, for each generation of its models; what they cannot say is named.
import { describe, expect, test } from 'bun:test';
import type { ChatCall, Message, Part, ToolResultPart } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, type JsonObject } from '../../lib/json.ts';
import { google } from '../../providers/google.ts';
import { gemini } from './index.ts';

const NEW = 'gemini-3-flash-preview';
const OLD = 'gemini-2.5-pro';

function target(model: string, changes: Partial<Target> = {}): Target {
  return {
    provider: 'p',
    model,
    quirks: google.quirks,
    maxOutput: null,
    context: null,
    reasoning: null,
    ...changes,
  };
}

function call(changes: Partial<ChatCall>, ...messages: readonly Message[]): ChatCall {
  return {
    model: 'm',
    messages: messages.length > 0 ? messages : [user({ type: 'text', text: 'Hi' })],
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

const user = (...parts: readonly Part[]): Message => ({ role: 'user', parts, path: 'messages[0]' });
const model = (...parts: readonly Part[]): Message => ({
  role: 'assistant',
  parts,
  path: 'messages[1]',
});

function encoded(asked: ChatCall, name = NEW, changes: Partial<Target> = {}) {
  const { body, losses, disguise } = gemini.encodeCall(asked, target(name, changes));
  return { body: JSON.parse(body) as JsonObject, losses, disguise };
}

const partsAt = (body: JsonObject, index: number) =>
  asObject(asArray(body.contents)[index])?.parts as unknown;

const OWN = 'google-gemini-v1';
const use = (id: string, name = 'f', args = '{}'): Part => ({
  type: 'tool-use',
  id,
  name,
  arguments: args,
});
const result = (toolUseId: string, ...content: ToolResultPart['content']): Part => ({
  type: 'tool-result',
  toolUseId,
  content,
});
const signed = (signature: string): Part => ({
  type: 'reasoning',
  text: '',
  signature,
  format: OWN,
});

describe('the path', () => {
  test.each([
    ['gemini-3-flash', false, '/models/gemini-3-flash:generateContent'],
    ['models/gemini-3-flash', true, '/models/gemini-3-flash:streamGenerateContent?alt=sse'],
    ['tunedModels/mine', false, '/tunedModels/mine:generateContent'],
    ['a/b c?d', false, '/models/a%2Fb%20c%3Fd:generateContent'],
  ])('of %s', (name, stream, path) => {
    expect(gemini.path(target(name), stream)).toBe(path);
  });
});

describe('signatures', () => {
  test('go back on the parts they came on', () => {
    const { body, losses } = encoded(
      call(
        {},
        user({ type: 'text', text: 'Hi' }),
        model(
          { type: 'reasoning', text: 'Hm', format: OWN, signature: 't' },
          { type: 'text', text: 'I will.' },
          signed('s0'),
          signed('s1'),
          use('c1'),
          use('c2', 'g'),
        ),
        user(result('c1'), result('c2')),
        model({ type: 'text', text: 'Done.' }, signed('s2')),
        user({ type: 'text', text: 'More' }),
        model(signed('s3')),
      ),
    );
    expect(losses).toEqual([]);
    expect(partsAt(body, 1)).toEqual([
      { text: 'Hm', thought: true, thoughtSignature: 't' },
      { text: 'I will.', thoughtSignature: 's0' },
      { functionCall: { id: 'c1', name: 'f', args: {} }, thoughtSignature: 's1' },
      { functionCall: { id: 'c2', name: 'g', args: {} } },
    ]);
    expect(partsAt(body, 3)).toEqual([{ text: 'Done.', thoughtSignature: 's2' }]);
    expect(partsAt(body, 5)).toEqual([{ text: '', thoughtSignature: 's3' }]);
  });

  test('of other makers stay behind, and a stand-in takes their place where the model insists', () => {
    const turn = model(
      { type: 'reasoning', text: 'Hm', format: 'anthropic-claude-v1', signature: 'x' },
      { type: 'redacted-reasoning', data: 'y', format: 'openai-responses-v1' },
      use('c1'),
    );
    const asked = call({}, user({ type: 'text', text: 'Hi' }), turn, user(result('c1')));
    const newer = encoded(asked);
    expect(partsAt(newer.body, 1)).toEqual([
      {
        functionCall: { id: 'c1', name: 'f', args: {} },
        thoughtSignature: 'skip_thought_signature_validator',
      },
    ]);
    expect(newer.losses).toEqual([
      "messages[1].content[0]: reasoning dropped; it is not this model maker's",
      "messages[1].content[1]: reasoning dropped; it is not this model maker's",
    ]);
    expect(partsAt(encoded(asked, OLD).body, 1)).toEqual([
      { functionCall: { id: 'c1', name: 'f', args: {} } },
    ]);
  });

  test('of the compatible endpoint are read out of its extra content', () => {
    const extra: Part = {
      type: 'redacted-reasoning',
      data: '{"google":{"thought_signature":"s"}}',
      format: 'openai-chat-extra-content',
    };
    const { body } = encoded(
      call({}, user({ type: 'text', text: 'Hi' }), model(extra, use('c')), user(result('c'))),
    );
    expect(partsAt(body, 1)).toMatchObject([{ thoughtSignature: 's' }]);
  });
});

describe('turns', () => {
  test('of the model in a row are one, and so are their results; what else is said is apart', () => {
    const { body } = encoded(
      call(
        {},
        user({ type: 'text', text: 'Hi' }),
        model(use('a', 'f')),
        model(use('b', 'g')),
        user(result('b', { type: 'text', text: '[1,2]' })),
        user(result('a', { type: 'text', text: 'x' }), { type: 'text', text: 'And?' }),
      ),
      OLD,
    );
    expect(asArray(body.contents).map((content) => asObject(content)?.role)).toEqual([
      'user',
      'model',
      'user',
      'user',
    ]);
    expect(partsAt(body, 2)).toEqual([
      { functionResponse: { id: 'b', name: 'g', response: { output: [1, 2] } } },
      { functionResponse: { id: 'a', name: 'f', response: { output: 'x' } } },
    ]);
    expect(partsAt(body, 3)).toEqual([{ text: 'And?' }]);
  });

  test('of results are one right after the calls, whatever was said between them', () => {
    const { body } = encoded(
      call(
        {},
        user({ type: 'text', text: 'Hi' }),
        model(use('a', 'f'), use('b', 'g')),
        user({ type: 'text', text: 'Before.' }),
        user(result('a', { type: 'text', text: 'x' })),
        user({ type: 'text', text: 'Between.' }),
        user(result('b', { type: 'text', text: 'y' })),
      ),
      OLD,
    );
    expect(asArray(body.contents)).toHaveLength(5);
    expect(partsAt(body, 2)).toEqual([
      { functionResponse: { id: 'a', name: 'f', response: { output: 'x' } } },
      { functionResponse: { id: 'b', name: 'g', response: { output: 'y' } } },
    ]);
    expect(partsAt(body, 3)).toEqual([{ text: 'Before.' }]);
    expect(partsAt(body, 4)).toEqual([{ text: 'Between.' }]);
  });

  test('of instruction come first together; later ones stay where they are, marked', () => {
    const said = (role: 'system' | 'developer', text: string): Message => ({
      role,
      parts: [{ type: 'text', text }],
      path: 'messages[2]',
    });
    const { body, losses } = encoded(
      call(
        {},
        said('system', 'A'),
        said('developer', 'B'),
        user({ type: 'text', text: 'Hi' }),
        said('system', 'C'),
      ),
    );
    expect(body.systemInstruction).toEqual({ parts: [{ text: 'A' }, { text: 'B' }] });
    expect(partsAt(body, 1)).toEqual([{ text: '<system-reminder>\nC\n</system-reminder>' }]);
    expect(losses).toEqual(['messages[2]: no instruction may stand here; sent inside a user turn']);
    const alone = encoded(call({}, said('system', 'A')));
    expect(partsAt(alone.body, 0)).toEqual([{ text: 'Begin.' }]);
    expect(alone.losses).toHaveLength(1);
  });

  test('whose calls hold a number too large to be read exactly say so', () => {
    const large = model(signed('s'), use('c', 'f', '{"id":12345678901234567890}'));
    const { losses } = encoded(call({}, user({ type: 'text', text: 'Hi' }), large));
    expect(losses).toEqual([
      'messages[1].content[1].arguments: a whole number above 2^53 cannot be carried exactly',
    ]);
  });

  test('whose calls are no JSON object are refused', () => {
    const asked = call({}, user(), model(use('c', 'f', '[1]')));
    expect(() => gemini.encodeCall(asked, target(NEW))).toThrow(GatewayError);
  });
});

describe('results', () => {
  const picture = {
    type: 'image',
    source: { kind: 'base64', mediaType: 'image/png', data: 'AA' },
  } as const;
  const asked = (part: Part) =>
    call({}, user({ type: 'text', text: 'Hi' }), model(signed('s'), use('c')), user(part));

  test('that are an object are the response; others its output, failures its error', () => {
    const response = (part: Part) => partsAt(encoded(asked(part)).body, 2);
    const text = (said: string) => result('c', { type: 'text', text: said });
    expect(response(text('{"a":1}'))).toMatchObject([{ functionResponse: { response: { a: 1 } } }]);
    expect(response(text('12'))).toMatchObject([
      { functionResponse: { response: { output: '12' } } },
    ]);
    // Reading this would change the number.
    const large = '{"id":12345678901234567890}';
    expect(response(text(large))).toMatchObject([
      { functionResponse: { response: { output: large } } },
    ]);
    expect(
      response({ ...result('c', { type: 'text', text: 'no' }), isError: true } as Part),
    ).toEqual([{ functionResponse: { id: 'c', name: 'f', response: { error: 'no' } } }]);
  });

  test('hold their pictures where the model takes them there; else these stand beside', () => {
    const inside = encoded(asked(result('c', { type: 'text', text: 'see' }, picture)));
    expect(partsAt(inside.body, 2)).toEqual([
      {
        functionResponse: {
          id: 'c',
          name: 'f',
          response: { output: 'see' },
          parts: [{ inlineData: { mimeType: 'image/png', data: 'AA' } }],
        },
      },
    ]);
    const beside = encoded(asked(result('c', picture)), OLD);
    expect(partsAt(beside.body, 2)).toEqual([
      { functionResponse: { id: 'c', name: 'f', response: { output: '' } } },
    ]);
    expect(partsAt(beside.body, 3)).toEqual([
      { text: 'From the result of f:' },
      { inlineData: { mimeType: 'image/png', data: 'AA' } },
    ]);
  });
});

describe('media', () => {
  const at = (url: string): Part => ({
    type: 'document',
    source: { kind: 'url', url, mediaType: null },
  });

  test('at an address go by it, with their kind', () => {
    const { body } = encoded(
      call(
        {},
        user(
          at('https://example.com/a/report.PDF?x=1'),
          at('https://www.youtube.com/watch?v=1'),
          { type: 'image', source: { kind: 'url', url: 'https://example.com/p', mediaType: null } },
          at('gs://bucket/film.mp4'),
          {
            type: 'document',
            source: {
              kind: 'file',
              id: 'https://generativelanguage.googleapis.com/v1beta/files/1',
              dialect: 'gemini',
            },
          },
        ),
      ),
    );
    expect(partsAt(body, 0)).toEqual([
      {
        fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/a/report.PDF?x=1' },
      },
      { fileData: { mimeType: 'video/mp4', fileUri: 'https://www.youtube.com/watch?v=1' } },
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/p' } },
      { fileData: { mimeType: 'video/mp4', fileUri: 'gs://bucket/film.mp4' } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/1' } },
    ]);
  });

  test('are wanted as bytes by models that fetch nothing, and where the address is no public one', () => {
    const needs = (url: string, name: string) =>
      gemini.needsBytes?.(
        { type: 'image', source: { kind: 'url', url, mediaType: null } },
        target(name),
      );
    expect(needs('https://example.com/a.png', NEW)).toBe(false);
    expect(needs('http://example.com/a.png', NEW)).toBe(true);
    expect(needs('https://example.com/a.png', 'gemini-2.0-flash')).toBe(true);
    expect(needs('https://youtu.be/1', 'gemini-2.0-flash')).toBe(false);
  });

  test('uploaded elsewhere, names of files and wishes for citations are named', () => {
    const { body, losses } = encoded(
      call(
        {},
        user(
          { type: 'image', source: { kind: 'file', id: 'f', dialect: 'openai-chat' } },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' },
            filename: 'a.pdf',
            citations: true,
          },
          { type: 'document', source: { kind: 'text', text: 'T' }, title: 'Notes', context: 'C' },
        ),
      ),
    );
    expect(partsAt(body, 0)).toEqual([
      { inlineData: { mimeType: 'application/pdf', data: 'AA' } },
      { text: 'Document (Notes, C):\nT' },
    ]);
    expect(losses).toEqual([
      'messages[0].content[0]: image dropped; it is a file of another provider',
      'messages[0].content[1].citations: dropped; answers here do not cite documents',
      'messages[0].content[1].filename: dropped; files have no names here',
    ]);
  });
});

describe('tools', () => {
  const f = {
    type: 'function',
    name: 'f',
    parameters: { type: 'object', properties: {} },
  } as const;

  test('without arguments have no schema, custom ones are functions, others’ own are named', () => {
    const { body, losses, disguise } = encoded(
      call({
        tools: [
          f,
          { type: 'custom', name: 'c', description: 'C' },
          {
            type: 'opaque',
            dialect: 'anthropic-messages',
            name: 'bash',
            value: { type: 'bash_1' },
          },
          { type: 'opaque', dialect: 'gemini', name: 'urlContext', value: { urlContext: {} } },
        ],
        toolChoice: { type: 'auto' },
      }),
    );
    expect(body.tools).toMatchObject([
      { functionDeclarations: [{ name: 'f' }, { name: 'c', description: 'C' }] },
      { urlContext: {} },
    ]);
    expect(
      Object.keys(
        asObject(asArray(asObject(asArray(body.tools)[0])?.functionDeclarations)[0]) ?? {},
      ),
    ).toEqual(['name']);
    expect(body.toolConfig).toEqual({
      functionCallingConfig: { mode: 'AUTO' },
      includeServerSideToolInvocations: true,
    });
    expect(disguise).toEqual({ customTools: ['c'] });
    expect(losses).toEqual(['tools[2]: bash dropped; only anthropic-messages has it']);
  });

  test('of other makers that search become the search of the API', () => {
    const search = {
      type: 'opaque',
      dialect: 'anthropic-messages',
      name: 'web_search',
      value: { type: 'web_search_20250305', name: 'web_search', max_uses: 3, blocked_domains: [] },
    } as const;
    const { body, losses } = encoded(call({ tools: [search] }));
    expect(body.tools).toEqual([{ googleSearch: {} }]);
    expect(losses).toEqual(['tools[0].max_uses: dropped; the search takes no such wish here']);
    const beside = encoded(call({ tools: [f, search] }), OLD);
    expect(beside.losses).toEqual([
      `tools[1]: ${OLD} does not search while it is offered functions`,
    ]);
    expect(asArray(beside.body.tools)).toHaveLength(1);
    const elsewhere = encoded(call({ tools: [search] }), NEW, { quirks: {} });
    expect(elsewhere.losses).toEqual([
      'tools[0]: web_search dropped; only anthropic-messages has it',
    ]);
  });

  test('are of an object, by a name the wire takes', () => {
    const parameters = { type: ['object', 'null'], required: ['a'] };
    const { body, disguise } = encoded(
      call({
        tools: [{ type: 'function', name: '3d', parameters }],
        toolChoice: { type: 'tool', name: '3d' },
      }),
    );
    const [taken = ''] = Object.keys(disguise?.toolNames ?? {});
    expect(disguise).toEqual({ toolNames: { [taken]: '3d' } });
    expect(taken).toMatch(/^_3d_[0-9a-f]{8}$/);
    expect(body).toMatchObject({
      tools: [
        {
          functionDeclarations: [
            { name: taken, parametersJsonSchema: { type: 'object', required: ['a'] } },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { allowedFunctionNames: [taken] } },
    });
  });

  test('that are strict are held to their schemas', () => {
    const { body } = encoded(call({ tools: [{ ...f, strict: true }] }));
    expect(body.toolConfig).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } });
    const required = encoded(
      call({ tools: [{ ...f, strict: true }], toolChoice: { type: 'required' } }),
    );
    expect(required.body.toolConfig).toEqual({ functionCallingConfig: { mode: 'ANY' } });
  });
});

describe('thinking', () => {
  const config = (reasoning: ChatCall['reasoning'], name: string) => {
    const { body, losses } = encoded(call({ reasoning }), name);
    return [asObject(body.generationConfig)?.thinkingConfig, losses.length];
  };
  const shown = { includeThoughts: true };

  test.each([
    // Budgets, within the limits of the model.
    [{ effort: 'low' }, OLD, { ...shown, thinkingBudget: 1024 }, 0],
    [{ effort: 'max' }, OLD, { ...shown, thinkingBudget: 32_768 }, 0],
    [{ effort: 'max' }, 'gemini-2.5-flash', { ...shown, thinkingBudget: 24_576 }, 0],
    [{ budget: 64 }, OLD, { ...shown, thinkingBudget: 128 }, 1],
    [{ mode: 'enabled' }, OLD, { ...shown, thinkingBudget: -1 }, 0],
    [{ effort: 'none' }, OLD, { thinkingBudget: 128 }, 1],
    [{ effort: 'none' }, 'gemini-2.5-flash', { thinkingBudget: 0 }, 0],
    [{ mode: 'disabled' }, 'gemini-2.5-flash-lite', { thinkingBudget: 0 }, 0],
    [{ budget: 100 }, 'gemini-2.5-flash-lite', { ...shown, thinkingBudget: 512 }, 1],
    // Levels, the nearest the model has.
    [{ effort: 'minimal' }, NEW, { ...shown, thinkingLevel: 'MINIMAL' }, 0],
    [{ effort: 'medium' }, 'gemini-3-pro-preview', { ...shown, thinkingLevel: 'LOW' }, 1],
    [{ effort: 'medium' }, 'gemini-3.1-pro-preview', { ...shown, thinkingLevel: 'MEDIUM' }, 0],
    [{ effort: 'max' }, NEW, { ...shown, thinkingLevel: 'HIGH' }, 1],
    [{ budget: 5000 }, NEW, { ...shown, thinkingLevel: 'MEDIUM' }, 0],
    [{ effort: 'high', exclude: true }, NEW, { thinkingLevel: 'HIGH' }, 0],
    [{ effort: 'none' }, NEW, { thinkingLevel: 'MINIMAL' }, 1],
    [{ mode: 'adaptive' }, NEW, shown, 0],
    [{ effort: 'low' }, 'a-model-of-tomorrow', { ...shown, thinkingLevel: 'LOW' }, 0],
    // Not at all.
    [{ effort: 'high' }, 'gemini-2.0-flash', undefined, 1],
    [{ effort: 'none' }, 'gemini-2.0-flash', undefined, 0],
    [{ exclude: true }, NEW, undefined, 0],
  ] as const)('%p for %s', (reasoning, name, wanted, losses) => {
    expect(config(reasoning, name)).toEqual([wanted, losses]);
  });
});

describe('steering', () => {
  test('goes as it is, within the limits of the API', () => {
    const { body, losses } = encoded(
      call({
        sampling: {
          maxTokens: 100_000,
          temperature: 1.5,
          topP: 0.5,
          topK: 40,
          stop: ['a', 'b', 'c', 'd', 'e', 'f', ''],
          seed: 7,
          presencePenalty: 0,
          frequencyPenalty: 1,
        },
      }),
      NEW,
      { maxOutput: 65_536 },
    );
    expect(body.generationConfig).toEqual({
      maxOutputTokens: 65_536,
      stopSequences: ['a', 'b', 'c', 'd', 'e'],
      seed: 7,
      temperature: 1.5,
      topP: 0.5,
      topK: 40,
    });
    expect(losses).toEqual([
      `max_tokens: lowered from 100000 to 65536, the most ${NEW} writes`,
      'stop: "f" dropped; the API takes 5 stop sequences',
      `frequency_penalty: not taken by ${NEW}`,
    ]);
    const old = encoded(
      call({ sampling: { frequencyPenalty: 1, seed: 2 ** 40 } }),
      'gemini-2.0-flash',
    );
    expect(old.body.generationConfig).toEqual({ frequencyPenalty: 1 });
    expect(old.losses).toEqual(['seed: 1099511627776 is not a whole number of 32 bits; dropped']);
  });

  test('JSON of any shape is asked for by its type', () => {
    expect(encoded(call({ output: { type: 'json' } })).body.generationConfig).toEqual({
      responseMimeType: 'application/json',
    });
  });

  test('fields of the vendor’s in either spelling go to their places; unknown ones are named', () => {
    const google = {
      thinkingConfig: { thinkingLevel: 'low' },
      image_config: { aspect_ratio: '1:1' },
      labels: { team: 'a' },
      nonsense: 1,
    };
    const { body, losses } = encoded(
      call({
        reasoning: { effort: 'high' },
        extra: { 'openai-chat': { google, modalities: ['text', 'image'], n: 2 } },
      }),
    );
    expect(body.generationConfig).toEqual({
      thinkingConfig: { includeThoughts: true, thinkingLevel: 'low' },
      imageConfig: { aspectRatio: '1:1' },
      responseModalities: ['TEXT', 'IMAGE'],
    });
    expect(body.labels).toEqual({ team: 'a' });
    expect(losses).toEqual([
      'google.nonsense: not a field this gateway passes on',
      'n: a field of openai-chat that has no counterpart here',
    ]);
  });
});
