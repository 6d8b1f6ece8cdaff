// One models.dev `cost` → our Price: figures as published, documented rules filled in, what cannot be right left unknown.
import type { Modality } from '../core/model.ts';
import type { Price, Rates } from '../core/price.ts';
import { asArray, asNumber, asObject, isObject, type Json, type JsonObject } from '../lib/json.ts';
import { CALL_FEES, FREE_OFFERS, RATE_RULES, type RateRule } from './billing-rules.ts';
import { roundRate } from './round-rate.ts';
import { servicesOf } from './tier-rules.ts';

export interface PricedModel {
  readonly provider: string;
  readonly model: string;
  readonly maker: string | null;
  readonly embeds: boolean;
  readonly outputs: readonly Modality[];
}

type MutableRates = { -readonly [R in keyof Rates]: Rates[R] };

/** models.dev's names for a rate; the second spellings stand in some of its entries. */
const RATE_FIELDS: readonly (readonly [field: string, rate: keyof Rates])[] = [
  ['input', 'input'],
  ['output', 'output'],
  ['cached_input', 'cacheRead'],
  ['cache_input', 'cacheRead'],
  ['cache_read', 'cacheRead'],
  ['cached_write', 'cacheWrite5m'],
  ['cache_write', 'cacheWrite5m'],
  ['reasoning', 'reasoning'],
  ['input_audio', 'audioIn'],
  ['output_audio', 'audioOut'],
];
const OTHER_FIELDS: ReadonlySet<string> = new Set(['tiers', 'context_over_200k']);
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...RATE_FIELDS.map(([field]) => field),
  ...OTHER_FIELDS,
]);
/** models.dev's older way to write the one tier it knew. */
const LEGACY_TIER_TOKENS = 200_000;

/** The price, or null where none is published or the published one cannot be the whole of it; and the rules applied. */
export function convertPrice(
  cost: JsonObject | undefined,
  model: PricedModel,
): { readonly price: Price | null; readonly derived: readonly string[] } {
  const nothing = { price: null, derived: [] };
  if (!cost) return nothing;
  const base = readRates(cost);
  if (base.input === null && base.output === null) return nothing;
  if (base.input === 0 && base.output === 0)
    return isFreeOffer(model) ? { price: freeOfCharge(), derived: [] } : nothing;
  // A zero output rate is right for vectors only; elsewhere the answer is billed some way the list cannot say.
  if (base.output === 0 && !model.embeds) base.output = null;
  if (isPicturePrice(model)) base.output = null;
  const derived = new Set<string>();
  const fee = hasCallFee(cost, model) ? { request: null } : {};
  const tiers = readTiers(cost).map((tier) => ({
    above: tier.above,
    ...complete(tier.rates, model, derived),
    ...fee,
  }));
  const ordinary: Price = {
    ...complete(base, model, derived),
    ...fee,
    ...(tiers.length > 0 ? { tiers } : {}),
  };
  const { services, rules } = servicesOf(ordinary, model);
  const price = services === undefined ? ordinary : { ...ordinary, services };
  return { price, derived: [...derived, ...rules].sort() };
}

/** Everything costs nothing, kinds of token that are not listed included. */
function freeOfCharge(): Rates {
  return {
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    audioIn: 0,
    audioOut: 0,
  };
}

function readRates(cost: JsonObject): MutableRates {
  const rates: MutableRates = { input: null, output: null };
  for (const [field, name] of RATE_FIELDS) {
    const figure = asNumber(cost[field]);
    if (figure !== undefined && figure >= 0) rates[name] = roundRate(figure);
  }
  // A zero beside a price is how some entries write "none": nobody gives cached input away, or audio, or reasoning.
  for (const [, name] of RATE_FIELDS) {
    if (name !== 'input' && name !== 'output' && rates[name] === 0 && rates.input !== 0)
      delete rates[name];
  }
  // Nor does anybody charge more for a cached token than for a fresh one: such a figure is a slip.
  if ((rates.cacheRead ?? 0) > (rates.input ?? Number.POSITIVE_INFINITY)) delete rates.cacheRead;
  // Reasoning at the output rate is the rule and need not be said.
  if (rates.reasoning === rates.output) delete rates.reasoning;
  return rates;
}

function readTiers(
  cost: JsonObject,
): readonly { readonly above: number; readonly rates: MutableRates }[] {
  const tiers: { above: number; rates: MutableRates }[] = [];
  for (const entry of asArray(cost.tiers)) {
    if (!isObject(entry) || !isContextTier(entry)) continue;
    const above = asNumber(asObject(entry.tier)?.size);
    if (above !== undefined && above > 0) tiers.push({ above, rates: readRates(entry) });
  }
  const legacy = asObject(cost.context_over_200k);
  if (tiers.length === 0 && legacy)
    tiers.push({ above: LEGACY_TIER_TOKENS, rates: readRates(legacy) });
  return tiers.sort((a, b) => a.above - b.above);
}

/** A tier by the size of the input, the only kind there is a word for here. */
function isContextTier(entry: Json): boolean {
  const type = asObject(asObject(entry)?.tier)?.type;
  return type === undefined || type === 'context';
}

/** Adds the rates that follow from a vendor's documented rule, and notes which rules did. */
function complete(rates: MutableRates, model: PricedModel, derived: Set<string>): Rates {
  const { input } = rates;
  for (const rule of RATE_RULES) {
    if (input === null || model.embeds || !applies(rule, rates, input, model)) continue;
    const of = rule.of === undefined ? input : rates[rule.of];
    if (rule.fixed === undefined && of == null) continue;
    rates[rule.rate] = roundRate(rule.fixed ?? (rule.timesInput ?? 0) * (of ?? 0));
    derived.add(rule.id);
  }
  return rates;
}

function applies(rule: RateRule, rates: Rates, input: number, model: PricedModel): boolean {
  if (rates[rule.rate] !== undefined) return false;
  if (rule.provider !== undefined && rule.provider !== model.provider) return false;
  if (rule.maker !== undefined && rule.maker !== model.maker) return false;
  if (rule.if === undefined) return true;
  const listed = rates[rule.if.rate];
  return typeof listed === 'number' && roundRate(rule.if.timesInput * input) === listed;
}

/**
 * Models that answer in text and pictures bill the two at different rates and report one output count; hosts list the
 * text rate, the maker the picture rate. Told by the name: lists also claim picture output for plain text models.
 */
function isPicturePrice(model: PricedModel): boolean {
  return (
    model.outputs.includes('text') && model.outputs.includes('image') && /image/i.test(model.model)
  );
}

function isFreeOffer(model: PricedModel): boolean {
  return FREE_OFFERS.some(
    (offer) => offer.provider === model.provider && (offer.model?.test(model.model) ?? true),
  );
}

/** Also where the source lists a charge that this version has no rate for: the tokens are not all of it. */
function hasCallFee(cost: JsonObject, model: PricedModel): boolean {
  if (
    CALL_FEES.some(
      (fee) =>
        (fee.maker === undefined || fee.maker === model.maker) &&
        (fee.model?.test(model.model) ?? true),
    )
  )
    return true;
  const strangeTier = asArray(cost.tiers).some((tier) => !isContextTier(tier));
  return (
    strangeTier ||
    Object.entries(cost).some(
      ([field, value]) => !KNOWN_FIELDS.has(field) && (asNumber(value) ?? 0) > 0,
    )
  );
}
