// One task for any client library: ask for the weather of two cities, answer the two calls, tell. The model's part is scripted and
// stands behind a gateway on a wire the library does not speak.
import { expect } from 'bun:test';
import type { LogRow } from '../../../src/core/log-row.ts';
import { ADMIN_KEY, startGateway } from '../gateway-under-test.ts';
import {
  type Said,
  type SeenTurn,
  startScriptedModel,
  type Turn,
  type WireName,
} from './scripted-model.ts';
import { RESULTS_APART } from './tool-results.ts';

export interface Gateway {
  /** Without a version. */
  readonly url: string;
  readonly key: string;
  readonly model: string;
}

/** What a library made of the whole conversation. */
export interface Heard {
  /** The last answer's text, and the reasoning before the calls. */
  readonly text: string;
  readonly reasoning: string;
  /** The cities its tool was called with, in order. */
  readonly cities: readonly string[];
  /** Why each answer ended, in the library's words. */
  readonly ends: readonly string[];
  /** All tokens of all answers, as the library counts them. */
  readonly input: number;
  readonly output: number;
}

export interface DoneTask {
  readonly wire: WireName;
  readonly heard: Heard;
  readonly turns: readonly SeenTurn[];
  readonly rows: readonly LogRow[];
}

export const QUESTION = 'How is the weather in Zürich and in 東京?';
export const TOOL = {
  name: 'weather',
  description: 'The weather of a city',
  schema: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
} as const;
export const weatherOf = (city: string) => `It is ${[...city].length} degrees in ${city}.`;
const THOUGHT = 'Two cities: I ask for both at once.';
const CITIES = ['Zürich', '東京'] as const;

function script({ results }: Turn): Said {
  switch (results.length) {
    case 0:
      return {
        thinking: THOUGHT,
        text: 'I look.',
        calls: CITIES.map((city) => ({ name: TOOL.name, input: { city } })),
      };
    case 2:
      return { text: results.map(({ text }) => text).join(' ') };
    default:
      throw new Error(`nothing is written for ${results.length} results`);
  }
}

export async function doTask(
  wire: WireName,
  work: (gateway: Gateway) => Promise<Heard>,
): Promise<DoneTask> {
  const model = startScriptedModel(wire, script);
  const gateway = await startGateway(`
providers:
  alpha: { dialect: ${wire}, base_url: "${model.url}", api_key: alpha-secret }
models:
  - { id: alpha/echo, context: 200000, price: { input: 1, output: 2 } }
`);
  try {
    const heard = await work({ url: gateway.url, key: ADMIN_KEY, model: 'alpha/echo' });
    return { wire, heard, turns: model.seen, rows: await gateway.rows() };
  } catch (thrown) {
    console.log(
      model.seen.map(({ refused, path }) => `${path} ${refused}`),
      gateway.logged,
    );
    throw thrown;
  } finally {
    await gateway.stop();
    await model.stop();
  }
}

export function checkTask(
  { wire, heard, turns, rows }: DoneTask,
  expected: {
    readonly ends: readonly string[];
    readonly losses: readonly string[];
    /** False: the library does not show reasoning. */
    readonly showsReasoning?: boolean;
    /** False: the library reads what went in from the opening of a stream, which is an estimate. */
    readonly seesInput?: boolean;
  },
): void {
  const { input, output, ...said } = heard;
  expect(said).toEqual({
    text: CITIES.map(weatherOf).join(' '),
    reasoning: expected.showsReasoning === false ? '' : THOUGHT,
    cities: [...CITIES],
    ends: [...expected.ends],
  });
  expect(turns.map(({ refused }) => refused)).toEqual([null, null]);
  const [, second] = turns;
  expect(second?.results.map(({ text }) => text)).toEqual(CITIES.map(weatherOf));
  const [one, two] = second?.results.map(({ turn }) => turn) ?? [];
  expect((two ?? 0) - (one ?? 0)).toBe(RESULTS_APART[wire]);
  for (const { ask } of turns)
    expect(ask?.tools).toEqual([
      { name: TOOL.name, schema: expect.objectContaining({ type: 'object' }), custom: false },
    ]);
  expect(rows.map(({ outcome, provider }) => [outcome, provider])).toEqual([
    ['ok', 'alpha'],
    ['ok', 'alpha'],
  ]);
  const logged = { input: 0, output: 0 };
  for (const { usage } of rows) {
    logged.input += (usage.input ?? 0) + (usage.cache_read ?? 0);
    logged.output += (usage.output ?? 0) + (usage.reasoning ?? 0);
  }
  expect(output).toBe(logged.output);
  if (expected.seesInput !== false) expect(input).toBe(logged.input);
  // What such a client reads is the estimate a stream opens with.
  else expect(Math.abs(input / logged.input - 1)).toBeLessThan(0.5);
  const losses = rows.flatMap((row) => row.losses.map((loss) => loss.replace(/\d+/g, 'n')));
  expect([...new Set(losses)].sort()).toEqual([...expected.losses].sort());
}
