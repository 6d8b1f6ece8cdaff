// What a router puts to a request, as the providers get it, over real HTTP with the official SDKs: its prompt, its settings, its
// search, and the slash command it went by.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';

const wires = startTwoWires();
/** One router for each wire of the provider behind it. */
const ROUTERS = ['alpha', 'beta']
  .map(
    (provider) => `
  - name: to-${provider}
    commands:
      review:
        variant_id: reviewer
        model_id: ${provider}/echo
        text_generation_config: { temperature: 0.1 }
    default_route:
      variants:
        - weight: 100
          variant:
            variant_id: usual
            model_id: ${provider}/echo
            message_templates:
              - { role: system, content: "Speak to {{name}} of {{ city }}." }
              - { role: user, content: "Hi {{name}}" }
              - { role: assistant, content: "Good day" }
            text_generation_config:
              { max_tokens: 77, temperature: 0.25, stop_sequences: ["END"], seed: 7, logit_bias: [{ token_id: "5", bias_value: 1 }] }
`,
  )
  .join('');
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}\nrouters:${ROUTERS}`);
});
beforeEach(() => {
  wires.alpha.clear();
  wires.beta.clear();
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

/** The one request a provider got since the test began. */
function sent(): JsonObject {
  const all = [...wires.alpha.requests, ...wires.beta.requests];
  expect(all.length).toBe(1);
  return JSON.parse(all[0]?.body ?? '{}') as JsonObject;
}

interface Told {
  readonly metadata: { readonly variant_id: string; readonly losses: readonly string[] };
}

const variables = { prompt_variables: { name: 'Ana', city: '{{name}}' } };
const PROMPT = [
  { role: 'system', content: 'Speak to Ana of {{name}}.' },
  { role: 'user', content: 'Hi Ana' },
  { role: 'assistant', content: 'Good day' },
];

const chat = (router: string, content: string, more: object = variables) =>
  gateway.openai().chat.completions.create({
    model: `router/${router}`,
    messages: [{ role: 'user', content }],
    ...more,
  }) as unknown as Promise<Told>;
const message = (router: string, content: string, more: object = variables) =>
  gateway.anthropic().messages.create({
    model: `router/${router}`,
    max_tokens: 9,
    messages: [{ role: 'user', content }],
    ...more,
  }) as unknown as Promise<Told>;

describe('the prompt and the settings of a variant', () => {
  test('reach a provider of the caller’s wire', async () => {
    const { metadata } = await chat('to-alpha', 'Bye {{name}}', { ...variables, temperature: 0.5 });
    expect(sent()).toEqual({
      model: 'echo',
      messages: [...PROMPT, { role: 'user', content: 'Bye {{name}}' }],
      temperature: 0.5,
      max_tokens: 77,
      stop: ['END'],
      seed: 7,
      logit_bias: { '5': 1 },
    });
    expect(metadata).toMatchObject({ variant_id: 'usual', losses: [] });
  });

  test('reach one of another, as far as it has words', async () => {
    const { metadata } = await chat('to-beta', 'Bye');
    expect(sent()).toMatchObject({
      system: 'Speak to Ana of {{name}}.',
      messages: [
        { role: 'user', content: 'Hi Ana' },
        { role: 'assistant', content: 'Good day' },
        { role: 'user', content: 'Bye' },
      ],
      max_tokens: 77,
      temperature: 0.25,
      stop_sequences: ['END'],
    });
    for (const name of ['seed', 'logit_bias'])
      expect(metadata.losses.filter((loss) => loss.startsWith(name)).length).toBe(1);
    expect(metadata.losses.length).toBe(2);
  });

  test('stand behind the caller’s instructions, and what is said of its messages names them as it does', async () => {
    const messages = [
      { role: 'system', content: 'Rhyme.' },
      { role: 'user', name: 'Bob', content: 'Bye' },
    ];
    const { metadata } = await chat('to-beta', '', { ...variables, messages });
    const { system, messages: turns } = sent();
    expect(JSON.stringify(system)).toMatch(/Speak to Ana.*Rhyme\./);
    expect(turns).toEqual([...PROMPT.slice(1), { role: 'user', content: 'Bye' }]);
    expect(metadata.losses.filter((loss) => loss.startsWith('messages'))).toEqual([
      'messages[1].name: dropped; turns have no names',
    ]);
    wires.beta.clear();
    const refused = chat('to-beta', '', { ...variables, messages, strict: true });
    expect(await refused.catch((error: unknown) => error)).toMatchObject({
      status: 400,
      message: expect.stringContaining('messages[1].name'),
    });
    expect(wires.beta.received).toBe(0);
    await chat('to-alpha', '', { ...variables, messages });
    expect(sent().messages).toEqual([
      PROMPT[0],
      messages[0],
      ...PROMPT.slice(1),
      messages[1],
    ] as never);
  });

  test('what the caller’s wire cannot say is lost on it and carried to another', async () => {
    const same = await message('to-beta', 'Bye');
    expect(sent()).toEqual({
      model: 'echo',
      max_tokens: 9,
      system: 'Speak to Ana of {{name}}.',
      messages: [
        { role: 'user', content: 'Hi Ana' },
        { role: 'assistant', content: 'Good day' },
        { role: 'user', content: 'Bye' },
      ],
      temperature: 0.25,
      stop_sequences: ['END'],
    });
    expect(same.metadata.losses).toEqual([
      'text_generation_config.seed: the anthropic-messages wire has no word for it',
      'text_generation_config.logit_bias: the anthropic-messages wire has no word for it',
    ]);
    wires.beta.clear();
    const other = await message('to-alpha', 'Bye');
    expect(sent()).toMatchObject({ max_tokens: 9, seed: 7, logit_bias: { '5': 1 }, stop: ['END'] });
    expect(other.metadata.losses).toEqual([]);
  });

  test('are not sent where a variable is missing', async () => {
    const refused = chat('to-alpha', 'Bye', { prompt_variables: { name: 'Ana' } });
    expect(await refused.catch((error: unknown) => error)).toMatchObject({
      status: 400,
      code: 'invalid_request',
      param: 'prompt_variables.city',
      message: expect.stringContaining("'city'"),
    });
    expect(wires.alpha.received + wires.beta.received).toBe(0);
  });

  test('are refused whole where the caller wants all or nothing', async () => {
    const refused = message('to-beta', 'Bye', { ...variables, strict: true });
    expect(await refused.catch((error: unknown) => error)).toMatchObject({ status: 400 });
    expect(wires.beta.received).toBe(0);
  });
});

describe('a slash command', () => {
  test.each(['to-alpha', 'to-beta'])('chooses, and is not sent: %s', async (router) => {
    for (const ask of [chat, message]) {
      wires.alpha.clear();
      wires.beta.clear();
      const { metadata } = await ask(router, '/review fix this', {});
      expect(metadata.variant_id).toBe('reviewer');
      expect(sent()).toMatchObject({
        messages: [{ role: 'user', content: 'fix this' }],
        temperature: 0.1,
      });
    }
  });
});

test('a conversation that is gone on from has the prompt once, before all of it', async () => {
  const say = (input: string, more: object) =>
    gateway.openai().responses.create({ model: 'router/to-alpha', input, ...variables, ...more });
  const first = await say('one', {});
  wires.alpha.clear();
  await say('two', { previous_response_id: first.id });
  expect(sent().messages).toEqual([
    ...PROMPT,
    { role: 'user', content: 'one' },
    { role: 'assistant', content: first.output_text },
    { role: 'user', content: 'two' },
  ] as never);
});
