// A gathered stream is the reply its provider would have given whole: of the simulated provider, whose both forms are made of
// the same answer, member for member but for ids and times.
import { afterAll, describe, expect, test } from 'bun:test';
import { MODELS } from '../../sim/models.ts';
import { startSim } from '../../sim/start-sim.ts';
import type { CallerDialectId, ChatDialect } from '../../src/core/dialect.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import { asObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import { SseParser } from '../../src/lib/sse.ts';

const sim = startSim({ seed: 7 });
afterAll(() => sim.stop());

const SCHEMA: JsonObject = { type: 'object', properties: { city: { type: 'string' } } };
const TOOL_NAMES = ['get_weather', 'get_time'];
const HI = [{ role: 'user', content: 'What about the weather in Oslo?' }];

/** Words that change what the answer is made of; the presets are asked as they are, without their waits. */
const WORDS = [
  'echo+refusal',
  'echo+finish=max_tokens',
  'echo+usage=none',
  'echo+usage=early',
  'echo+usage=late',
  'echo+usage=every',
  'echo+usage=with-delta',
  'echo+cache-write=7',
  'reasoning+reasoning-field=reasoning',
  'reasoning+reasoning-field=reasoning_details',
  'reasoning+redacted',
  'reasoning+tools=1',
  'tools+preface',
  'tools+chunk=0',
  'tools+wants=extra',
  'parallel-tools+interleave',
];
const PRESETS = MODELS.map(({ id }) => (id === 'slow' ? 'slow+ttft=0+gap=0' : id));

const BODIES: { readonly [D in CallerDialectId]: (model: string) => JsonObject } = {
  'openai-chat': (model) => ({ model, messages: HI, ...chatTools(model) }),
  'openai-responses': (model) => ({ model, input: HI, ...responsesTools(model) }),
  'anthropic-messages': (model) => ({
    model,
    messages: HI,
    max_tokens: 2000,
    ...(model.startsWith('reasoning')
      ? { thinking: { type: 'enabled', budget_tokens: 1024 } }
      : {}),
    ...(model.includes('tools')
      ? { tools: TOOL_NAMES.map((name) => ({ name, input_schema: SCHEMA })) }
      : {}),
  }),
};
const PATHS: { readonly [D in CallerDialectId]: string } = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  'anthropic-messages': '/messages',
};

function chatTools(model: string): JsonObject {
  if (!model.includes('tools')) return {};
  return {
    tools: TOOL_NAMES.map((name) => ({ type: 'function', function: { name, parameters: SCHEMA } })),
  };
}

function responsesTools(model: string): JsonObject {
  if (!model.includes('tools')) return {};
  return {
    tools: TOOL_NAMES.map((name) => ({ type: 'function', name, parameters: SCHEMA })),
  };
}

async function ask(dialect: ChatDialect, text: string): Promise<string> {
  const response = await fetch(sim.url + PATHS[dialect.id], {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(dialect.id === 'anthropic-messages' ? { 'anthropic-version': '2023-06-01' } : {}),
    },
    body: text,
  });
  const answer = await response.text();
  expect({ status: response.status, answer }).toMatchObject({ status: 200 });
  return answer;
}

async function bothWays(dialect: ChatDialect, body: JsonObject): Promise<[unknown, unknown]> {
  const text = JSON.stringify(body);
  const whole = JSON.parse(await ask(dialect, text)) as Json;
  const asked = dialect.askStreamed(text, body);
  if (asked === null) throw new Error('cannot be streamed');
  const stream = await ask(dialect, asked.text);
  const gatherer = dialect.gatherer();
  const parser = new SseParser();
  for (const frame of [...parser.push(stream), ...parser.end()]) gatherer.push(frame);
  return [timeless(gatherer.reply() as Json), timeless(whole)];
}

const ID = /^(?:chatcmpl-|call_|msg_|toolu_|resp_|rs_|fc_|ctc_)/;

/** Without what no two answers have in common. */
function timeless(value: Json): unknown {
  if (typeof value === 'string') return ID.test(value) ? 'id' : value;
  if (Array.isArray(value)) return value.map(timeless);
  const object = asObject(value);
  if (object === undefined) return value;
  const members = Object.entries(object).map(([name, member]) => [
    name,
    ['created', 'created_at', 'completed_at'].includes(name) ? 0 : timeless(member as Json),
  ]);
  return Object.fromEntries(members);
}

/** Asked so, a stream on this wire never tells some of what the whole reply does. */
const UNTOLD: { readonly [D in CallerDialectId]?: readonly string[] } = {
  'anthropic-messages': ['echo+usage=late'],
};

for (const [id, dialect] of Object.entries(DIALECTS))
  describe(`a gathered stream of ${id} is the whole reply`, () => {
    const told = (model: string) => !UNTOLD[dialect.id]?.includes(model);
    test.each([...PRESETS, ...WORDS].filter(told))('of %s', async (model) => {
      const [gathered, whole] = await bothWays(dialect, BODIES[dialect.id](model));
      expect(gathered).toEqual(whole);
    });
  });

test('several answers to one call are gathered each for itself', async () => {
  const body = { ...BODIES['openai-chat']('parallel-tools+preface+interleave'), n: 3 };
  const [gathered, whole] = await bothWays(DIALECTS['openai-chat'], body);
  expect(gathered).toEqual(whole);
  expect(asObject(whole)?.choices).toHaveLength(3);
});
