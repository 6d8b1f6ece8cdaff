// What vendors' documentation says of billing and public price lists leave out. Data only; each rule names its page.
import type { Rates } from '../core/price.ts';

/** A rate that follows from a documented rule where the price list has none. */
export interface RateRule {
  readonly id: string;
  readonly says: string;
  readonly source: string;
  /** Whose price list it completes. Absent: every host of that maker's models. */
  readonly provider?: string;
  readonly maker?: string;
  readonly rate: keyof Rates;
  /** The figure: a multiple of the input rate (or of another: `of`), or a fixed one. */
  readonly timesInput?: number;
  readonly of?: keyof Rates;
  readonly fixed?: number;
  /** Only where this listed rate stands in this ratio to the input rate: the host follows the maker's list. */
  readonly if?: { readonly rate: keyof Rates; readonly timesInput: number };
}

export const RATE_RULES: readonly RateRule[] = [
  {
    id: 'claude-write-5m',
    says: 'Anthropic: a 5-minute cache write costs 1.25 times the input rate',
    source: 'https://platform.claude.com/docs/en/about-claude/pricing',
    provider: 'anthropic',
    rate: 'cacheWrite5m',
    timesInput: 1.25,
  },
  {
    id: 'claude-write-1h',
    says: 'Claude: a 1-hour cache write costs twice the input rate; applied where the host lists 5-minute writes at 1.25 times',
    source: 'https://platform.claude.com/docs/en/about-claude/pricing',
    maker: 'anthropic',
    rate: 'cacheWrite1h',
    timesInput: 2,
    if: { rate: 'cacheWrite5m', timesInput: 1.25 },
  },
  {
    id: 'anthropic-search',
    says: 'Anthropic: web search costs $10 per 1,000 searches',
    source: 'https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool',
    provider: 'anthropic',
    rate: 'search',
    fixed: 10,
  },
  {
    id: 'mistral-read',
    says: 'Mistral: cached prompt tokens are billed at 10% of the input rate',
    source: 'https://docs.mistral.ai/studio-api/conversations/advanced/prompt-caching',
    provider: 'mistral',
    rate: 'cacheRead',
    timesInput: 0.1,
  },
  {
    id: 'groq-read',
    says: 'Groq: cached tokens are billed at 50% of the input rate',
    source: 'https://console.groq.com/docs/prompt-caching',
    provider: 'groq',
    rate: 'cacheRead',
    timesInput: 0.5,
  },
  {
    id: 'gemini-audio-read',
    says: 'Gemini: sound read from a cache costs a tenth of what sound costs, where text does so too',
    source: 'https://ai.google.dev/gemini-api/docs/pricing',
    provider: 'google',
    rate: 'audioCacheRead',
    timesInput: 0.1,
    of: 'audioIn',
    if: { rate: 'cacheRead', timesInput: 0.1 },
  },
];

/**
 * Where a listed price of zero means free of charge. Elsewhere zero is how the list writes a price it does not have
 * (a song model billed by the song, a host with prices by sub-provider), so the price is unknown.
 */
export const FREE_OFFERS: readonly {
  readonly provider: string;
  readonly model?: RegExp;
  readonly source: string;
}[] = [
  {
    provider: 'nvidia',
    source: 'https://build.nvidia.com (trial access, limited by rate instead of price)',
  },
  {
    provider: 'openrouter',
    model: /:free$|^openrouter\/free$/,
    source: 'https://openrouter.ai/docs/guides/routing/model-variants/free',
  },
  { provider: 'zai', model: /-flash$/, source: 'https://docs.z.ai/guides/overview/pricing' },
];

/** Models with a fee for each call besides the tokens, whose amount depends on the call and is not listed. */
export const CALL_FEES: readonly {
  readonly maker?: string;
  readonly model?: RegExp;
  readonly source: string;
}[] = [
  {
    maker: 'perplexity',
    source:
      'https://docs.perplexity.ai/getting-started/pricing (request fee by search context size)',
  },
  {
    model: /-search-preview$/,
    source: 'https://developers.openai.com/api/docs/pricing (web search calls)',
  },
];
