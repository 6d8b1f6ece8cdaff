// The operator's `models:` entries, laid field by field over what is known.
import type { ModelConfig } from '../config/schema.ts';
import type { ModelFacts } from '../core/model.ts';
import type { Price, Rates, TieredRates } from '../core/price.ts';
import { roundRate } from './round-rate.ts';

type PriceConfig = NonNullable<ModelConfig['price']>;
type TieredConfig = Omit<PriceConfig, 'service_tiers'>;
type RateConfig = Omit<TieredConfig, 'tiers'>;
type MutableRates = { -readonly [R in keyof Rates]: Rates[R] };

const RATE_FIELDS: readonly (readonly [field: keyof RateConfig, rate: keyof Rates])[] = [
  ['input', 'input'],
  ['output', 'output'],
  ['cache_read', 'cacheRead'],
  ['cache_write', 'cacheWrite5m'],
  ['cache_write_1h', 'cacheWrite1h'],
  ['reasoning', 'reasoning'],
  ['audio_in', 'audioIn'],
  ['audio_out', 'audioOut'],
  ['audio_cache_read', 'audioCacheRead'],
  ['search', 'search'],
  ['request', 'request'],
  ['image', 'image'],
  ['characters', 'characters'],
  ['audio_minute', 'audioMinute'],
];
const UNKNOWN: Price = { input: null, output: null };
/** Kinds of token that cost nothing where input and output do. */
const FREE_WITH_TOKENS = [
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioIn',
  'audioOut',
] as const;

/** The facts of `provider/model` as the operator has them; `known` is what the catalogue says, if it knows the model. */
export function overrideFacts(entry: ModelConfig, known: ModelFacts | null): ModelFacts {
  const slash = entry.id.indexOf('/');
  const facts = known ?? blankFacts();
  return {
    ...facts,
    provider: entry.id.slice(0, slash),
    model: entry.id.slice(slash + 1),
    name: entry.name ?? (facts.name || entry.id.slice(slash + 1)),
    context: entry.context ?? facts.context,
    maxOutput: entry.max_output ?? facts.maxOutput,
    price: entry.price === undefined ? facts.price : overridePrice(entry.price, facts.price),
  };
}

function overridePrice(entry: PriceConfig, known: Price | null): Price {
  const { tiers: knownTiers, services: knownServices, ...knownRates } = known ?? UNKNOWN;
  const rates = settle(overlay(knownRates, entry));
  const tiers = tiersOf(entry) ?? knownTiers ?? [];
  const ordinary: TieredRates = tiers.length === 0 ? rates : { ...rates, tiers };
  // Who has rates of his own pays others than the listed ones at every tier.
  const isOwn = entry.input !== undefined || entry.output !== undefined;
  const services = { ...(isOwn ? {} : knownServices), ...servicesOf(entry, ordinary) };
  return Object.keys(services).length === 0 ? ordinary : { ...ordinary, services };
}

function tiersOf({ tiers }: TieredConfig): TieredRates['tiers'] {
  return tiers
    ?.map((tier) => ({ above: tier.above, ...settle(overlay(UNKNOWN, tier)) }))
    .sort((a, b) => a.above - b.above);
}

function servicesOf({ service_tiers: entries = {} }: PriceConfig, ordinary: TieredRates) {
  const services: { [tier: string]: TieredRates } = {};
  for (const [tier, entry] of Object.entries(entries)) {
    if (typeof entry === 'number') services[tier] = multiplied(ordinary, entry);
    else {
      const tiers = tiersOf(entry);
      const rates = settle(overlay(UNKNOWN, entry));
      services[tier] = tiers === undefined ? rates : { ...rates, tiers };
    }
  }
  return services;
}

function multiplied({ tiers, ...base }: TieredRates, factor: number): TieredRates {
  const rates = multipliedRates(base, factor);
  if (tiers === undefined) return rates;
  return {
    ...rates,
    tiers: tiers.map((tier) => ({ ...multipliedRates(tier, factor), above: tier.above })),
  };
}

/** What is charged by the call is charged the same at every tier. */
function multipliedRates(rates: Rates, factor: number): Rates {
  const { search, request, ...others } = rates;
  const multiplied = Object.entries(others).map(([name, rate]) => [
    name,
    typeof rate === 'number' ? roundRate(rate * factor) : rate,
  ]);
  return {
    ...(Object.fromEntries(multiplied) as unknown as Rates),
    ...(search === undefined ? {} : { search }),
    ...(request === undefined ? {} : { request }),
  };
}

function overlay(known: Rates, entry: RateConfig): MutableRates {
  const rates: MutableRates = { ...known };
  for (const [field, rate] of RATE_FIELDS) {
    const figure = entry[field];
    if (figure !== undefined) rates[rate] = figure;
  }
  return rates;
}

/**
 * What an operator means by what they leave out. Free in and out is free altogether. An input rate with no rate for cache
 * reads covers those too: it is a price list of one's own, which says all there is, and reads never cost more than input.
 * Writes do, so they stay unknown.
 */
function settle(rates: MutableRates): Rates {
  if (rates.input === 0 && rates.output === 0) {
    for (const kind of FREE_WITH_TOKENS) rates[kind] ??= 0;
  } else if (rates.input !== null) {
    rates.cacheRead ??= rates.input;
  }
  return rates;
}

function blankFacts(): ModelFacts {
  return {
    provider: '',
    model: '',
    name: '',
    context: null,
    maxOutput: null,
    input: ['text'],
    output: ['text'],
    abilities: { tools: null, reasoning: null, structuredOutput: null, temperature: null },
    price: null,
    released: null,
    knowledge: null,
    maker: null,
    makerName: null,
    thinking: null,
  };
}
