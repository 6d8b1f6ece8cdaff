// Price: what a model's tokens cost, and the exact arithmetic from usage to money.
import { hasTokens, hasUnits, isUnknown, totalInput, UNKNOWN_USAGE, type Usage } from './usage.ts';

/**
 * US dollars per million tokens (`search` and `request`: per thousand). Null or absent: not published, or not sold.
 * Rates carry at most nine decimals; what lies below is float noise and is rounded away.
 */
export interface Rates {
  readonly input: number | null;
  readonly output: number | null;
  readonly cacheRead?: number | null;
  readonly cacheWrite5m?: number | null;
  readonly cacheWrite1h?: number | null;
  /** Absent: reasoning is billed as output, as every vendor does that does not list it apart. */
  readonly reasoning?: number | null;
  readonly audioIn?: number | null;
  readonly audioOut?: number | null;
  /** Of sound that was read from a cache, where that is not read at `cacheRead`. */
  readonly audioCacheRead?: number | null;
  readonly search?: number | null;
  /** Dollars for each picture, for each million characters of speech, for each minute of sound: what some models sell instead of tokens. */
  readonly image?: number | null;
  readonly characters?: number | null;
  readonly audioMinute?: number | null;
  /** A fee for each call on top of its tokens. Absent: there is none. Null: there is one, but it is not known. */
  readonly request?: number | null;
}

export interface TieredRates extends Rates {
  /** Rates that replace all the base ones for the whole call once its input exceeds `above` tokens; ascending. */
  readonly tiers?: readonly (Rates & { readonly above: number })[];
}

export interface Price extends TieredRates {
  /** Rates that replace all of these at a service tier other than the ordinary one, by the name `Usage.tier` has for it. */
  readonly services?: { readonly [tier: string]: TieredRates };
}

/** Integer steps per rate unit: nine decimals of a dollar per million tokens, so 1e-15 dollars a token. */
const RATE_STEPS = 1e9;
/** How many of the 1e-15 dollar steps make one billionth of a dollar. */
const STEPS_PER_NANO = 1e6;
const NANO_PER_DOLLAR = 1e9;
const MS_PER_MINUTE = 60_000;

/**
 * What a call cost, in billionths of a US dollar: exact, rounded once (half up) at the end. Null where it cannot be said:
 * no price, input or output not reported, or a kind of token that was used and has no known rate. Never a guess:
 * - at another service tier than the ordinary one (batch, flex, priority, fast): by that tier's rates where it has some, else unknown
 * - reasoning without a rate is billed as output; vendors count it in and document it so
 * - cache reads without a rate make the cost unknown. A missing rate is no proof that there is no discount (a vendor may
 *   bill them at a tenth of the input rate and public lists not say so); where a vendor documents its rule, the catalogue
 *   holds the figure that follows from it. Writes and audio likewise: those cost more than plain input, not less
 * - tokens the provider says it bills are billed, whatever else it counted; a sum it says it charged is taken where the model has no price
 * - kinds the provider did not report count as none used: where a vendor sells them it reports them
 * - a model that is sold by the picture, character or minute is billed by those alone where its tokens have no rate (or cost
 *   nothing) or none are reported; rerankers sold by the search unit, by those where no tokens are
 */
export function costNano(price: Price | null, usage: Usage): number | null {
  return price === null ? toldCost(usage.chargedUsd) : billFor(price, usage).totalNano();
}

/** Whether the cost cannot be said for want of a price, a rate or a tier's rates: it was told what was used, not what that costs. */
export function isUnpriced(price: Price | null, usage: Usage): boolean {
  if (isUnknown(usage)) return false;
  return price === null ? toldCost(usage.chargedUsd) === null : billFor(price, usage).lacksRate;
}

/** The rates that hold for this call: those of its service tier and its size. Null: none are listed for its tier. */
export function ratesOf(price: Price, usage: Usage): Rates | null {
  const listed = listedFor(price, usage.tier);
  return listed === null ? null : ratesFor(listed, totalInput(billedUsage(usage)));
}

/** What counts for the bill: all of it, or what the provider says. */
export function billedUsage(usage: Usage): Usage {
  const { billed, searches } = usage;
  return billed === undefined ? usage : { ...UNKNOWN_USAGE, ...billed, searches };
}

/** Of a model that is listed nowhere: what the provider itself says it charged. */
function toldCost(usd: number | undefined): number | null {
  return usd === undefined || !(usd >= 0) || !Number.isFinite(usd) ? null : Math.round(usd * 1e9);
}

function billFor(price: Price, usage: Usage): Bill {
  const bill = new Bill();
  const listed = listedFor(price, usage.tier);
  if (isUnknown(usage)) bill.uncounted();
  else if (listed === null) bill.unlisted();
  else enter(bill, listed, billedUsage(usage));
  return bill;
}

/** Null: nothing is listed for this service tier. */
function listedFor(price: Price, tier: string | undefined): TieredRates | null {
  if (tier === undefined) return price;
  const { services } = price;
  // The word is the provider's.
  if (services !== undefined && Object.hasOwn(services, tier)) return services[tier] ?? null;
  // What costs nothing has no dearer tier.
  return price.input === 0 && price.output === 0 ? price : null;
}

function enter(bill: Bill, price: TieredRates, usage: Usage): void {
  const rates = ratesFor(price, totalInput(usage));
  const counted = hasTokens(usage);
  if (isSoldByUnit(rates) && !(counted && (rates.input || rates.output))) {
    enterUnits(bill, rates, usage);
    return;
  }
  if (rates.input == null && rates.output == null && usage.searches !== null && !counted) {
    bill.thousandths(usage.searches, rates.search);
    return;
  }
  // It was counted in what it is not sold by.
  if (!counted && hasUnits(usage) && (rates.input || rates.output) !== 0) bill.unlisted();
  bill.tokens(usage.input, rates.input, true);
  bill.tokens(usage.output, rates.output, true);
  enterCached(bill, rates, usage);
  bill.tokens(usage.reasoning, rates.reasoning ?? rates.output, false);
  bill.tokens(usage.audioIn, rates.audioIn, false);
  bill.tokens(usage.audioOut, rates.audioOut, false);
  bill.thousandths(usage.searches, rates.search);
  if (rates.request !== undefined) bill.thousandths(1, rates.request);
}

function enterCached(bill: Bill, rates: Rates, usage: Usage): void {
  const { cacheRead, cachedAudio = 0 } = usage;
  if (cachedAudio === 0 || cacheRead === null) bill.tokens(cacheRead, rates.cacheRead, false);
  else {
    bill.tokens(cacheRead - cachedAudio, rates.cacheRead, false);
    bill.tokens(cachedAudio, audioCacheRate(rates), false);
  }
  bill.tokens(usage.cacheWrite5m, rates.cacheWrite5m, false);
  bill.tokens(usage.cacheWrite1h, rates.cacheWrite1h, false);
}

/** Who sells sound at the price of text sells it so from the cache too. */
function audioCacheRate({ audioCacheRead, audioIn, input, cacheRead }: Rates): number | null {
  if (audioCacheRead != null) return audioCacheRead;
  return audioIn != null && audioIn === input ? (cacheRead ?? null) : null;
}

function isSoldByUnit({ image, characters, audioMinute }: Rates): boolean {
  return image != null || characters != null || audioMinute != null;
}

/** Of what is not billed by tokens. Each unit it is sold by must have been counted. */
function enterUnits(bill: Bill, rates: Rates, usage: Usage): void {
  const { image, characters, audioMinute } = rates;
  if (image != null) bill.units(usage.images, image, NANO_PER_DOLLAR * STEPS_PER_NANO);
  if (characters != null) bill.tokens(usage.characters ?? null, characters, true);
  if (audioMinute != null) {
    const ms = usage.seconds === undefined ? undefined : Math.round(usage.seconds * 1000);
    bill.units(ms, audioMinute, (NANO_PER_DOLLAR * STEPS_PER_NANO) / MS_PER_MINUTE);
  }
}

/** The rates that hold for a call with this much input: those of the highest tier it exceeds. */
function ratesFor(price: TieredRates, inputTokens: number | null): Rates {
  let rates: Rates = price;
  for (const tier of price.tiers ?? [])
    if (inputTokens !== null && inputTokens > tier.above) rates = tier;
  return rates;
}

/**
 * A sum kept in two integers, whole billionths and the steps below them, so that every product stays exact in a double
 * up to millions of dollars. An item that cannot be priced makes the whole sum unknown.
 */
class Bill {
  #nano = 0;
  #steps = 0;
  #known = true;
  /** Something was used that has no known rate. */
  lacksRate = false;

  /** What was used is not known. */
  uncounted(): void {
    this.#known = false;
  }

  /** What it costs is not known. */
  unlisted(): void {
    this.#known = false;
    this.lacksRate = true;
  }

  /** @param required the count itself must be known; otherwise null means none. */
  tokens(count: number | null, rate: number | null | undefined, required: boolean): void {
    if (count === 0 || (count === null && !required)) return;
    // What is free costs nothing, however much of it was used.
    if (count !== null) this.#add(count, rate, 1);
    else if (rate !== 0) this.uncounted();
  }

  /** Things sold by the thousand: a thousand times a million-token rate each. */
  thousandths(count: number | null, rate: number | null | undefined): void {
    if (count !== null && count !== 0) this.#add(count, rate, 1000);
  }

  /** Things with a price each, of so many steps for a rate of one. */
  units(count: number | undefined, rate: number, steps: number): void {
    if (count === undefined) this.uncounted();
    else this.#addSteps(count, Math.round(rate * steps));
  }

  #add(count: number, rate: number | null | undefined, times: number): void {
    if (rate === null || rate === undefined || !(rate >= 0)) this.unlisted();
    else this.#addSteps(count, Math.round(rate * RATE_STEPS) * times);
  }

  #addSteps(count: number, steps: number): void {
    if (!Number.isSafeInteger(count) || count < 0 || !(steps >= 0)) {
      this.uncounted();
      return;
    }
    const below = steps % STEPS_PER_NANO;
    this.#nano += count * ((steps - below) / STEPS_PER_NANO);
    this.#steps += count * below;
  }

  totalNano(): number | null {
    if (!this.#known || !Number.isSafeInteger(this.#steps)) return null;
    const total = this.#nano + Math.floor((this.#steps + STEPS_PER_NANO / 2) / STEPS_PER_NANO);
    return Number.isSafeInteger(total) && Number.isSafeInteger(this.#nano) ? total : null;
  }
}
