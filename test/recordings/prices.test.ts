// What recorded calls cost, by our arithmetic and by that of another library: @pydantic/genai-prices reads the usage itself from the
// provider's own JSON, so both the counting and the sums are checked against somebody else's.
import { describe, expect, test } from 'bun:test';
import { basename } from 'node:path';
import {
  calcPrice,
  extractUsage,
  findProvider,
  type ModelPrice,
  type PriceCalculation,
  type Provider,
  type Usage as TheirUsage,
} from '@pydantic/genai-prices';
import { buildCatalog } from '../../src/catalog/catalog.ts';
import { builtInCatalog } from '../../src/catalog/load.ts';
import { collect } from '../../src/core/collect.ts';
import { costNano, type Price, type Rates } from '../../src/core/price.ts';
import { totalInput, type Usage } from '../../src/core/usage.ts';
import { UPSTREAM_DIALECTS } from '../../src/dialects/index.ts';
import { asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import { SseFrame, SseParser } from '../../src/lib/sse.ts';
import { type Recorded, recordedCalls } from './fidelity/sources.ts';
import { recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: prices of recorded calls (no recordings)');

/** Prices change with the date; this one is as good as any. */
const DATE = new Date('2026-06-15T12:00:00Z');
const NEAR_NANO = 2;

/** Files by what they begin with: the provider here, and there. */
const PROVIDERS: readonly (readonly [name: string, ours: string, theirs: string])[] = [
  ['openai', 'openai', 'openai'],
  ['azure', 'azure', 'azure'],
  ['anthropic', 'anthropic', 'anthropic'],
  ['bedrock', 'bedrock', 'aws'],
  ['amazon-bedrock', 'bedrock', 'aws'],
  ['gemini', 'google', 'google'],
  ['vertex', 'google-vertex', 'google'],
  ['google', 'google', 'google'],
  ['cohere', 'cohere', 'cohere'],
  ['groq', 'groq', 'groq'],
  ['mistral', 'mistral', 'mistral'],
  ['deepseek', 'deepseek', 'deepseek'],
  ['openrouter', 'openrouter', 'openrouter'],
  ['cerebras', 'cerebras', 'cerebras'],
  ['xai', 'xai', 'x-ai'],
  ['moonshotai', 'moonshot', 'moonshotai'],
];
const CASES: {
  readonly [wire in Recorded['wire']]: readonly [ours: string, theirs: string] | null;
} = {
  'openai-chat': ['openai', 'openai'],
  'openai-responses': ['openai', 'openai'],
  'anthropic-messages': ['anthropic', 'anthropic'],
  gemini: ['google', 'google'],
  'bedrock-converse': ['bedrock', 'aws'],
  cohere: ['cohere', 'cohere'],
};

interface Billed {
  readonly place: string;
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  readonly theirUsage: TheirUsage;
  readonly theirPrice: ModelPrice;
  readonly theirNano: number;
}

/** Calls both sides can price; the others are counted by why not. */
function billed(recordings: readonly Recorded[], skipped: Map<string, number>): Billed[] {
  const skip = (why: string) => {
    skipped.set(why, (skipped.get(why) ?? 0) + 1);
    return [];
  };
  return recordings.flatMap((recorded) => {
    const names = providersOf(recorded);
    const theirs = names && findProvider({ providerId: names[1] });
    if (!names || !theirs) return skip('a provider the other library does not know');
    const data = usageCarrier(recorded);
    if (data === null) return skip('no usage in the answer');
    const usage = usageOf(recorded);
    if (usage === null) return skip('the answer is an error');
    const reader = readerOf(recorded, theirs);
    const flavour = flavourOf(recorded, reader.extractors ?? []);
    const model = asString(data.model) ?? asString(data.modelVersion) ?? recorded.model;
    const priced = theirPrice(theirs, reader, data, flavour, model);
    if (typeof priced === 'string') return skip(priced);
    const { usage: theirUsage, price } = priced;
    if (price === null) return skip('a model the other library has no price for');
    return [
      {
        place: `${recorded.file} ${recorded.id}`,
        provider: names[0],
        model,
        usage,
        theirUsage,
        theirPrice: price.model_price,
        theirNano: price.total_price * 1e9,
      },
    ];
  });
}

/** What they make of it, or why they do not. */
function theirPrice(
  provider: Provider,
  reader: Provider,
  data: JsonObject,
  flavour: string,
  model: string,
): { readonly usage: TheirUsage; readonly price: PriceCalculation | null } | string {
  try {
    const { usage } = extractUsage(reader, data, flavour);
    return { usage, price: calcPrice(usage, model, { provider, timestamp: DATE }) };
  } catch (thrown) {
    const isDouble = String(thrown).includes('exceeds');
    return isDouble
      ? 'counts the other library refuses: cache reads and writes that together exceed the input'
      : 'usage the other library cannot read';
  }
}

function providersOf({ file, wire, host }: Recorded): readonly [string, string] | null {
  if (host === 'bedrock-invoke') return ['bedrock', 'aws'];
  if (host === 'vertex-anthropic') return ['vertex-anthropic', 'google'];
  if (file === 'lingua') return CASES[wire];
  const name = basename(file);
  const found = PROVIDERS.find(([start]) => name === start || name.startsWith(`${start}.`));
  return found ? [found[1], found[2]] : null;
}

/** Whose way of telling usage it is: many hosts speak the newer wire of OpenAI, and the other library reads it from its maker only. */
function readerOf({ wire }: Recorded, provider: Provider): Provider {
  const reads = (provider.extractors ?? []).some(({ api_flavor }) => api_flavor === 'responses');
  if (wire !== 'openai-responses' || reads) return provider;
  return findProvider({ providerId: 'openai' }) ?? provider;
}

function flavourOf(
  { wire, host }: Recorded,
  extractors: readonly { readonly api_flavor: string }[],
): string {
  const wanted = {
    'openai-chat': 'chat',
    'openai-responses': 'responses',
    'anthropic-messages': host === 'maker' ? 'default' : 'anthropic',
    gemini: 'default',
    'bedrock-converse': 'default',
    cohere: 'default',
  }[wire];
  return extractors.some(({ api_flavor }) => api_flavor === wanted) ? wanted : 'default';
}

/** The provider's own JSON with its last word on usage: the whole answer, or what a stream said of it put together. */
function usageCarrier({ wire, model, reply: { stream, events } }: Recorded): JsonObject | null {
  const first = events[0] ?? {};
  if (!stream) {
    const known = first.usage ?? first.usageMetadata;
    return known == null ? null : { model, ...first };
  }
  const last = (name: string) => events.map((event) => asObject(event[name])).findLast(Boolean);
  switch (wire) {
    case 'openai-chat': {
      const usage = last('usage') ?? asObject(last('x_groq')?.usage);
      return usage ? { model: first.model ?? model, usage } : null;
    }
    case 'openai-responses': {
      const response = last('response');
      return response?.usage ? response : null;
    }
    case 'anthropic-messages': {
      const start = asObject(first.message) ?? {};
      const told = Object.entries(last('usage') ?? {}).filter(([, count]) => count !== null);
      return {
        model: start.model ?? model,
        usage: { ...asObject(start.usage), ...Object.fromEntries(told) },
      };
    }
    case 'gemini': {
      const usageMetadata = last('usageMetadata');
      return usageMetadata ? { modelVersion: first.modelVersion ?? model, usageMetadata } : null;
    }
    case 'bedrock-converse': {
      const usage = asObject(last('metadata')?.usage);
      return usage ? { model, usage } : null;
    }
    case 'cohere': {
      const usage = asObject(last('delta')?.usage);
      return usage ? { model, usage } : null;
    }
  }
}

/** As the gateway counts it. */
function usageOf({ wire, reply }: Recorded): Usage | null {
  const dialect = UPSTREAM_DIALECTS[wire];
  try {
    if (!reply.stream) return collect(dialect.decodeReply(reply.events[0] ?? {})).finish.usage;
    const decoder = dialect.decoder();
    const frames = framesOf(wire, reply);
    return collect([...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]).finish
      .usage;
  } catch {
    return null;
  }
}

function framesOf(
  wire: Recorded['wire'],
  { contentType, bytes, events }: Recorded['reply'],
): SseFrame[] {
  if (!contentType.includes('amazon')) {
    const parser = new SseParser();
    return [...parser.push(bytes.toString('utf8')), ...parser.end()];
  }
  return events.map((event) => {
    const [name = '', payload] = Object.entries(event)[0] ?? [];
    const isConverse = wire === 'bedrock-converse';
    const data = JSON.stringify(isConverse ? payload : event);
    return new SseFrame(isConverse ? name : (asString(event.type) ?? ''), data, '');
  });
}

// ---- their prices in our words

function priceOf(theirs: ModelPrice, usage: Usage): Price {
  const starts = new Set(
    Object.values(theirs).flatMap((rate) =>
      typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [],
    ),
  );
  const tiers = [...starts]
    .sort((a, b) => a - b)
    .map((above) => ({ ...ratesAt(theirs, above + 1), above }));
  // A kind without a rate of its own is billed as plain input or output there.
  return {
    ...ratesAt(theirs, 0),
    ...(tiers.length === 0 || totalInput(usage) === null ? {} : { tiers }),
  };
}

function ratesAt(theirs: ModelPrice, tokens: number): Rates {
  const at = (...names: readonly string[]): number | null => {
    for (const name of names) {
      const rate = theirs[name];
      if (typeof rate === 'number') return rate;
      if (rate !== undefined)
        return rate.tiers.findLast(({ start }) => tokens > start)?.price ?? rate.base;
    }
    return null;
  };
  return {
    input: at('input_mtok'),
    output: at('output_mtok'),
    cacheRead: at('cache_read_mtok', 'input_mtok'),
    cacheWrite5m: at('cache_write_5m_mtok', 'cache_write_mtok', 'input_mtok'),
    cacheWrite1h: at('cache_write_1h_mtok', 'cache_write_mtok', 'input_mtok'),
    reasoning: at('output_reasoning_mtok', 'output_mtok'),
    audioIn: at('input_audio_mtok', 'input_mtok'),
    audioOut: at('output_audio_mtok', 'output_mtok'),
    audioCacheRead: at('cache_audio_read_mtok', 'cache_read_mtok', 'input_mtok'),
    search: at('web_searches_kcount') ?? 0,
    ...(at('requests_kcount') === null ? {} : { request: at('requests_kcount') }),
  };
}

interface Difference {
  readonly reason: string;
  applies(call: Billed): boolean;
  /** Our usage as the other library sees it: with that the sums have to be the same. */
  readonly theirView: (call: Billed) => Usage;
}

/** Why a sum is another one than theirs. Each is held to: seen their way, the sum is theirs. */
const DIFFERENCES: readonly Difference[] = [
  {
    reason:
      'an answer that does not say what went in cannot be priced; the other library takes that for nothing',
    applies: ({ usage, theirUsage }) =>
      usage.input === null && theirUsage.input_tokens === undefined,
    theirView: ({ usage }) => ({ ...usage, input: 0 }),
  },
  {
    reason:
      'searches stand in the answer, not in its usage, where the other library looks for them',
    applies: ({ usage, theirUsage }) =>
      (usage.searches ?? 0) > 0 && theirUsage.web_searches === undefined,
    theirView: ({ usage }) => ({ ...usage, searches: null }),
  },
  {
    reason:
      'reasoning that only the total of tokens tells of is billed; the other library does not see it',
    applies: ({ usage, theirUsage }) =>
      usage.reasoning !== null && (theirUsage.output_tokens ?? 0) === usage.output,
    theirView: ({ usage }) => ({ ...usage, reasoning: null }),
  },
  {
    reason:
      'cache reads under the provider’s own name for them, which the other library bills as plain input',
    applies: ({ usage, theirUsage }) =>
      (usage.cacheRead ?? 0) > 0 && theirUsage.cache_read_tokens === undefined,
    theirView: ({ usage }) => ({
      ...usage,
      input: (usage.input ?? 0) + (usage.cacheRead ?? 0),
      cacheRead: null,
    }),
  },
  {
    reason:
      'compaction passes are billed on top of the top-level counts, which the other library stops at',
    applies: ({ place }) => place.includes('anthropic-compaction'),
    theirView: ({ usage, theirUsage }) => ({
      ...usage,
      input: theirUsage.input_tokens ?? null,
      output: theirUsage.output_tokens ?? null,
    }),
  },
];

/** Models whose list price is another one there, and why, as far as it is known. */
const OTHER_LISTS: readonly (readonly [model: RegExp, reason: string])[] = [
  [/^deepseek\//, 'lowered since; the other list has the former price'],
  [/^mistral\/.*-latest$/, 'the name moved on to a newer model with a price of its own'],
  [/^openrouter\//, 'the router changes its cache rates with the host behind it'],
  [/^anthropic\/claude-sonnet-4-5/, 'the long-context tier, retired with the beta it belonged to'],
  [
    /^bedrock\/us\./,
    'the other list has a tenth more for a region’s own profiles than for the global ones',
  ],
  [/^bedrock\/google\.gemma/, 'prices of another region'],
  [/^azure\//, 'a cache rate rounded to the cent in the public list ours is made from'],
];

function isSame(call: Billed, usage: Usage): boolean {
  // Of a model that is free there, no rate is listed.
  const ours =
    Object.keys(call.theirPrice).length === 0
      ? 0
      : costNano(priceOf(call.theirPrice, usage), usage);
  return ours !== null && Math.abs(ours - call.theirNano) <= NEAR_NANO;
}

suite('what recorded calls cost', () => {
  const skipped = new Map<string, number>();
  const calls = folder === null ? [] : billed(recordedCalls(folder), skipped);

  test('is what another library says, at its own prices', () => {
    const wrong: string[] = [];
    const reasons = new Map<string, number>();
    let same = 0;
    for (const call of calls) {
      // The tier of a call is nothing the other library knows.
      const { tier: _, ...usage } = call.usage;
      if (isSame(call, usage)) {
        same += 1;
        continue;
      }
      const seen = { ...call, usage };
      const reason = DIFFERENCES.find(
        ({ applies, theirView }) => applies(seen) && isSame(seen, theirView(seen)),
      )?.reason;
      if (reason === undefined)
        wrong.push(
          `${call.place} ${call.provider}/${call.model}: not ${call.theirNano} ${JSON.stringify(call.usage)} ${JSON.stringify(call.theirUsage)}`,
        );
      else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    console.log(
      `prices: ${same} of ${calls.length} recorded calls cost the same by both; not compared: ${JSON.stringify(Object.fromEntries(skipped))}`,
    );
    for (const [reason, count] of reasons) console.log(`  ${count}× ${reason}`);
    expect(wrong).toEqual([]);
    expect(same).toBeGreaterThan(2600);
    expect(same / calls.length).toBeGreaterThan(0.98);
  });

  test('is the same at our own prices too, but where the lists differ', () => {
    const catalog = buildCatalog({ base: builtInCatalog(), refreshed: null }, []);
    const others = new Map<string, string>();
    const unpriced = new Map<string, number>();
    let same = 0;
    for (const call of calls) {
      const { tier: _, ...told } = call.usage;
      const seen = { ...call, usage: told };
      const usage = isSame(seen, told)
        ? told
        : (DIFFERENCES.find(({ applies }) => applies(seen))?.theirView(seen) ?? told);
      const id = `${call.provider}/${call.model}`;
      const price = catalog.get(call.provider, call.model)?.price ?? null;
      const ours = price === null ? null : costNano(price, usage);
      if (ours === null) unpriced.set(id, (unpriced.get(id) ?? 0) + 1);
      else if (Math.abs(ours - call.theirNano) <= NEAR_NANO) same += 1;
      else others.set(id, `${JSON.stringify(price)} ≠ ${JSON.stringify(call.theirPrice)}`);
    }
    const without = [...unpriced.values()].reduce((sum, count) => sum + count, 0);
    console.log(
      `prices: ${same} the same at our own list, ${without} of ${unpriced.size} models without a price there, other lists for ${others.size} models: ${[...others.keys()].join(', ')}`,
    );
    const unexplained = [...others].filter(
      ([id]) => !OTHER_LISTS.some(([model]) => model.test(id)),
    );
    expect(unexplained).toEqual([]);
    expect(same).toBeGreaterThan(1500);
  });
});
