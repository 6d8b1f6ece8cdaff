// What the cache costs every request, hit or not: its policy, whether it may be cached, and its key.
// node bin/bun.mjs bench/cache/key.ts [--quick]
import type { Candidate } from '../../src/core/plan.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import { answerKey, promptKey } from '../../src/gateway/caching/answer-key.ts';
import { cacheControl } from '../../src/gateway/caching/cache-control.ts';
import { mayBeCached } from '../../src/gateway/caching/may-be-cached.ts';
import { cachePolicy } from '../../src/gateway/caching/policy.ts';
import { cacheSettings } from '../../src/gateway/caching/settings.ts';
import { type Inbound, readInbound } from '../../src/gateway/inbound.ts';
import type { JsonObject } from '../../src/lib/json.ts';

export interface KeyFigures {
  readonly kind: 'talk' | 'tools';
  readonly chars: number;
  /** Of the whole, and of it the key alone, in microseconds: the fastest of several runs, for the machine is not ours alone. */
  readonly totalUs: number;
  readonly keyUs: number;
  /** What reading the body as JSON costs, which every request does anyway. */
  readonly parseUs: number;
}

const SIZES = [1000, 10_000, 100_000];
const HEADERS = new Headers({
  'content-type': 'application/json',
  authorization: 'Bearer sy-0123456789abcdef0123456789abcdef',
  'user-agent': 'OpenAI/JS 6.0.0',
  accept: 'application/json',
});
const SETTINGS = cacheSettings(undefined);
const CANDIDATE: Candidate = {
  id: 'p/m',
  model: 'm',
  facts: null,
  configured: {
    provider: {
      id: 'p',
      name: 'P',
      dialect: 'openai-chat',
      baseUrl: 'http://127.0.0.1:1',
      auth: { kind: 'none' },
      env: [],
      quirks: {},
      docs: [],
    },
    keys: [],
    models: [],
    region: null,
  },
};

/** Prints a line a case. */
export function benchKey(options: {
  readonly quick: boolean;
  readonly print: (line: string) => void;
}): readonly KeyFigures[] {
  const rounds = options.quick ? 5 : 20;
  options.print('request              policy and key    key alone    reading it as JSON');
  return (['talk', 'tools'] as const).flatMap((kind) =>
    SIZES.map((size) => {
      const text = JSON.stringify(bodyOf(kind, size));
      const inbound = readInbound(DIALECTS['openai-chat'], text, HEADERS);
      const figures: KeyFigures = {
        kind,
        chars: text.length,
        totalUs: fastest(() => lookUp(inbound), rounds, size),
        keyUs: fastest(() => promptKey(inbound, OWNER), rounds, size),
        parseUs: fastest(() => JSON.parse(text), rounds, size),
      };
      options.print(line(figures));
      return figures;
    }),
  );
}

const OWNER = { tenant: 'key_0123456789', user: null, namespace: null };

function lookUp(inbound: Inbound): string | null {
  const control = cacheControl(HEADERS);
  const { options, user } = inbound;
  const asker = { options, router: undefined, key: null, control, tenant: OWNER.tenant, user };
  const policy = cachePolicy(asker, SETTINGS);
  if (policy === null || !mayBeCached(inbound, policy, SETTINGS)) return null;
  const prompt = promptKey(inbound, policy.owner);
  return prompt === null ? null : answerKey(prompt, CANDIDATE);
}

function fastest(run: () => unknown, rounds: number, size: number): number {
  const times = Math.max(50, 2_000_000 / size);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const begun = Bun.nanoseconds();
    for (let time = 0; time < times; time += 1) run();
    best = Math.min(best, (Bun.nanoseconds() - begun) / times / 1000);
  }
  return best;
}

function line({ kind, chars, totalUs, keyUs, parseUs }: KeyFigures): string {
  const us = (value: number) => `${value.toFixed(1)} µs`.padStart(12);
  return `${`${kind}, ${(chars / 1000).toFixed(0)} kB`.padEnd(20)}${us(totalUs)}${us(keyUs)}${us(parseUs)}`;
}

/** A conversation about code, as agents have it; or one question with many tools. */
function bodyOf(kind: KeyFigures['kind'], size: number): JsonObject {
  const head = { model: 'p/m', temperature: 0.2, stream: true };
  const messages: JsonObject[] = [
    { role: 'system', content: 'You are a helpful assistant. Answer briefly.' },
  ];
  const tools: JsonObject[] = [];
  const body = () => ({ ...head, messages, ...(tools.length > 0 ? { tools } : {}) });
  for (let at = 0; JSON.stringify(body()).length < size; at += 1) {
    if (kind === 'tools') tools.push(toolOf(at));
    else messages.push({ role: at % 2 === 0 ? 'user' : 'assistant', content: TALK.repeat(4) });
  }
  if (kind === 'tools') messages.push({ role: 'user', content: 'Which of them would you use?' });
  return body();
}

const TALK =
  'The function reads "config.yaml" line by line,\nand says which of its members it does not know. Where none is there, it returns null.\n';

function toolOf(at: number): JsonObject {
  return {
    type: 'function',
    function: {
      name: `tool_${at}`,
      description: 'Looks something up in the place that is named, and says what it found there.',
      parameters: {
        type: 'object',
        properties: {
          query: { type: 'string', description: 'What to look for' },
          limit: { type: 'integer', minimum: 1, maximum: 100 },
          kind: { type: 'string', enum: ['file', 'folder', 'symbol'] },
        },
        required: ['query'],
        additionalProperties: false,
      },
    },
  };
}

if (import.meta.main)
  benchKey({
    quick: process.argv.includes('--quick'),
    print: (text) => process.stdout.write(`${text}\n`),
  });
