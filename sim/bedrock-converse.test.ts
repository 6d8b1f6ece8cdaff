// Bedrock's wires of the simulated provider: whole and streamed the same, binary frames, refusals in the vendor's words.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { collect } from '../src/core/collect.ts';
import { bedrockConverse } from '../src/dialects/bedrock-converse/index.ts';
import { AwsEventStreamReader } from '../src/lib/aws-event-stream.ts';
import { asObject, type JsonObject, parseJson } from '../src/lib/json.ts';
import { type Sim, startSim } from './start-sim.ts';

let sim: Sim;
beforeAll(() => {
  sim = startSim({ seed: 8 });
});
afterAll(() => sim.stop());

function post(model: string, operation: string, body: object): Promise<Response> {
  return fetch(`${sim.url}/model/${encodeURIComponent(model)}/${operation}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
}

const user = (...content: readonly object[]) => ({ role: 'user', content });
const HI = { messages: [user({ text: 'Hi' })] };
const TOOLS = {
  tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }],
};

async function whole(model: string, body: object): Promise<JsonObject> {
  return asObject(await (await post(model, 'converse', body)).json()) ?? {};
}

async function streamed(model: string, body: object) {
  const response = await post(model, 'converse-stream', body);
  expect(response.headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
  const decoder = bedrockConverse.decoder();
  const frames = new AwsEventStreamReader().push(new Uint8Array(await response.arrayBuffer()));
  const events = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
  return { events, kinds: frames.map(({ event }) => event) };
}

test.each([
  'echo',
  'tools+preface',
  'echo+reasoning=5+redacted',
  'echo+tokens=30+split=5',
  'cached',
])('%s: the same whole and streamed', async (model) => {
  const body = { ...HI, toolConfig: TOOLS };
  const one = collect(bedrockConverse.decodeReply(await whole(model, body)));
  const { events } = await streamed(model, body);
  const other = collect(events);
  const blank = (text: string) => text.replaceAll(/toolu_\w+/g, 'id');
  expect(blank(JSON.stringify(other.blocks))).toBe(blank(JSON.stringify(one.blocks)));
  expect(other.finish).toEqual(one.finish);
});

test('messages come as the vendor’s: text without a start, the counts last', async () => {
  const { kinds } = await streamed('echo+say=Hi', HI);
  expect(kinds).toEqual([
    'messageStart',
    'contentBlockDelta',
    'contentBlockStop',
    'messageStop',
    'metadata',
  ]);
});

describe('refusals', () => {
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['a field it does not know', { ...HI, model: 'x' }, /extraneous key \[model\]/],
    ['no messages', {}, /messages field is required/],
    [
      'the assistant first',
      { messages: [{ role: 'assistant', content: [{ text: 'a' }] }] },
      /must start with a user/,
    ],
    [
      'two turns of a side',
      { messages: [user({ text: 'a' }), user({ text: 'b' })] },
      /must alternate/,
    ],
    ['blank text', { messages: [user({ text: ' ' })] }, /is blank/],
    [
      'a hot temperature',
      { ...HI, inferenceConfig: { temperature: 2 } },
      /less than or equal to 1/,
    ],
    [
      'a document’s name',
      { messages: [user({ text: 'a' }, { document: { name: 'a.pdf' } })] },
      /file name can only contain/,
    ],
    ['a document alone', { messages: [user({ document: { name: 'a' } })] }, /and no text/],
    [
      'calls without tools',
      {
        messages: [
          user({ text: 'a' }),
          {
            role: 'assistant',
            content: [{ toolUse: { toolUseId: 't', name: 'look', input: {} } }],
          },
          user({ toolResult: { toolUseId: 't', content: [] } }),
        ],
      },
      /toolConfig field must be defined/,
    ],
    [
      'a signature it did not make',
      {
        messages: [
          user({ text: 'a' }),
          {
            role: 'assistant',
            content: [{ reasoningContent: { reasoningText: { text: 'x', signature: 'forged' } } }],
          },
          user({ text: 'b' }),
        ],
      },
      /Invalid `signature`/,
    ],
    [
      'too small a budget',
      { ...HI, additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 9 } } },
      /greater than or equal to 1024/,
    ],
  ];

  test.each(cases)('%s', async (_, body, pattern) => {
    const response = await post('echo', 'converse', body);
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toStartWith('ValidationException:');
    expect(String(asObject(parseJson(await response.text()))?.message)).toMatch(pattern);
  });

  test('InvokeModel wants its version, and no model in the body', async () => {
    const body = { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] };
    const status = async (more: object) =>
      (await post('echo', 'invoke', { ...body, ...more })).status;
    expect(await status({})).toBe(400);
    expect(await status({ anthropic_version: 'bedrock-2023-05-31', model: 'm' })).toBe(400);
    expect(await status({ anthropic_version: 'bedrock-2023-05-31' })).toBe(200);
  });
});
