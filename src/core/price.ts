// Price: what a model's tokens cost, and the exact arithmetic from usage to money.
import { hasTokens, isUnknown, totalInput, UNKNOWN_USAGE, type Usage } from './usage.ts';

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
  readonly search?: number | null;
  /** Dollars for each picture, for each million characters of speech, for each minute of sound: what some models sell instead of tokens. */
  readonly image?: number | null;
  readonly characters?: number | null;
  readonly audioMinute?: number | null;
  /** A fee for each call on top of its tokens. Absent: there is none. Null: there is one, but it is not known. */
  readonly request?: number | null;
}

export interface Price extends Rates {
  /** Rates that replace all the base ones for the whole call once its input exceeds `above` tokens; ascending. */
  readonly tiers?: readonly (Rates & { readonly above: number })[];
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
 * - at another service tier than the ordinary one (priority, flex, fast): the listed rates are not what is billed
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
  return price === null ? toldCost(usage.chargedUsd) : listedCost(price, usage);
}

/** Of a model that is listed nowhere: what the provider itself says it charged. */
function toldCost(usd: number | undefined): number | null {
  return usd === undefined || !(usd >= 0) || !Number.isFinite(usd) ? null : Math.round(usd * 1e9);
}

function listedCost(price: Price, usage: Usage): number | null {
  if (isUnknown(usage) || usage.tier !== undefined) return null;
  if (usage.billed !== undefined) {
    const { billed, searches } = usage;
    return listedCost(price, { ...UNKNOWN_USAGE, ...billed, searches });
  }
  const rates = ratesFor(price, totalInput(usage));
  const bill = new Bill();
  const counted = hasTokens(usage);
  if (isSoldByUnit(rates) && !(counted && (rates.input || rates.output)))
    return unitCost(rates, usage, bill);
  if (rates.input == null && rates.output == null && usage.searches !== null && !counted) {
    bill.thousandths(usage.searches, rates.search);
    return bill.totalNano();
  }
  bill.tokens(usage.input, rates.input, true);
  bill.tokens(usage.output, rates.output, true);
  bill.tokens(usage.cacheRead, rates.cacheRead, false);
  bill.tokens(usage.cacheWrite5m, rates.cacheWrite5m, false);
  bill.tokens(usage.cacheWrite1h, rates.cacheWrite1h, false);
  bill.tokens(usage.reasoning, rates.reasoning ?? rates.output, false);
  bill.tokens(usage.audioIn, rates.audioIn, false);
  bill.tokens(usage.audioOut, rates.audioOut, false);
  bill.thousandths(usage.searches, rates.search);
  if (rates.request !== undefined) bill.thousandths(1, rates.request);
  return bill.totalNano();
}

function isSoldByUnit({ image, characters, audioMinute }: Rates): boolean {
  return image != null || characters != null || audioMinute != null;
}

/** Of what is not billed by tokens. Each unit it is sold by must have been counted. */
function unitCost(rates: Rates, usage: Usage, bill: Bill): number | null {
  const { image, characters, audioMinute } = rates;
  if (image != null) bill.units(usage.images, image, NANO_PER_DOLLAR * STEPS_PER_NANO);
  if (characters != null) bill.tokens(usage.characters ?? null, characters, true);
  if (audioMinute != null) {
    const ms = usage.seconds === undefined ? undefined : Math.round(usage.seconds * 1000);
    bill.units(ms, audioMinute, (NANO_PER_DOLLAR * STEPS_PER_NANO) / MS_PER_MINUTE);
  }
  return bill.totalNano();
}

/** The rates that hold for a call with this much input: those of the highest tier it exceeds. */
function ratesFor(price: Price, inputTokens: number | null): Rates {
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

  /** @param required the count itself must be known; otherwise null means none. */
  tokens(count: number | null, rate: number | null | undefined, required: boolean): void {
    if (count === 0 || (count === null && !required)) return;
    // What is free costs nothing, however much of it was used.
    if (count === null) {
      if (rate !== 0) this.#known = false;
      return;
    }
    this.#add(count, rate, 1);
  }

  /** Things sold by the thousand: a thousand times a million-token rate each. */
  thousandths(count: number | null, rate: number | null | undefined): void {
    if (count !== null && count !== 0) this.#add(count, rate, 1000);
  }

  /** Things with a price each, of so many steps for a rate of one. */
  units(count: number | undefined, rate: number, steps: number): void {
    if (count === undefined) this.#known = false;
    else this.#addSteps(count, Math.round(rate * steps));
  }

  #add(count: number, rate: number | null | undefined, times: number): void {
    if (rate === null || rate === undefined || !(rate >= 0)) this.#known = false;
    else this.#addSteps(count, Math.round(rate * RATE_STEPS) * times);
  }

  #addSteps(count: number, steps: number): void {
    if (!Number.isSafeInteger(count) || count < 0 || !(steps >= 0)) {
      this.#known = false;
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
