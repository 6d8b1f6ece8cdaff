// Question: what is asked, and the one answer to it that is whole.
import { sampleSchema } from '../../sim/sample-schema.ts';
import { numberedPieces } from '../../sim/tokens.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { HeardCall } from './listened.ts';
import { PROSE } from './prose.ts';

export type QuestionId = 'text' | 'thought' | 'call' | 'calls' | 'json' | 'prose';

export interface Question {
  /** For the model's name. */
  readonly words: string;
  readonly tools: boolean;
  readonly thinks: boolean;
  readonly schema: JsonObject | null;
  /** Every letter of it. */
  readonly text: string;
  readonly calls: readonly Omit<HeardCall, 'id'>[];
}

export const TOKENS = 40;

export const TOOLS = ['get_weather', 'get_time'] as const;
export const PARAMETERS = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } },
  required: ['city', 'unit'],
  additionalProperties: false,
};
/** What the simulated model calls a tool of these parameters with. */
const ARGUMENTS = JSON.stringify(sampleSchema(PARAMETERS));
const PREFACE = 'I will call a tool for that (simulated).';

export const SCHEMA = {
  type: 'object' as const,
  properties: {
    title: { type: 'string' },
    stops: { type: 'array', items: { type: 'string' } },
    kilometres: { type: 'integer' },
    open: { type: 'boolean' },
    operator: { type: 'string' },
  },
  required: ['title', 'stops', 'kilometres', 'open', 'operator'],
  additionalProperties: false,
};
/** Said unasked too: a model that goes on with it is asked in words. */
const JSON_ANSWER = JSON.stringify(sampleSchema(SCHEMA));

const NUMBERED = numberedPieces(TOKENS).join('');
const PLAIN = { tools: false, thinks: false, schema: null, calls: [] } as const;
const called = (count: number) =>
  TOOLS.slice(0, count).map((name) => ({ name, arguments: ARGUMENTS }));

export const QUESTIONS: { readonly [Id in QuestionId]: Question } = {
  text: { ...PLAIN, words: `tokens=${TOKENS}`, text: NUMBERED },
  thought: { ...PLAIN, words: `tokens=${TOKENS}+reasoning=20`, thinks: true, text: NUMBERED },
  call: { ...PLAIN, words: 'tools=1+preface', tools: true, text: PREFACE, calls: called(1) },
  calls: { ...PLAIN, words: 'tools=2+preface', tools: true, text: PREFACE, calls: called(2) },
  prose: { ...PLAIN, words: `say=${encodeURIComponent(PROSE)}`, text: PROSE },
  json: {
    ...PLAIN,
    words: `say=${encodeURIComponent(JSON_ANSWER)}`,
    schema: SCHEMA,
    text: JSON_ANSWER,
  },
};
