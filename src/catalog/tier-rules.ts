// What hosts ask at service tiers other than their ordinary one: batches, flex, priority, fast mode. Data, each with its page.
import type { Price, Rates, TieredRates } from '../core/price.ts';
import { roundRate } from './round-rate.ts';

/** What a host asks at a service tier other than its ordinary one, by the tier's name in `Usage.tier`. */
export interface ServiceRule {
  readonly id: string;
  readonly says: string;
  readonly source: string;
  readonly provider: string;
  /** Absent: every model of the provider's. */
  readonly model?: RegExp;
  readonly tier: string;
  /** Of the ordinary rate; a kind of token that is not among them has no known rate at this tier. */
  readonly times: { readonly [R in keyof Rates]?: number };
  /** It ends where the first of the ordinary tiers begins. */
  readonly shortOnly?: true;
  /** Only models whose cache reads are listed at this share of the input rate have `times.cacheRead`. */
  readonly cacheReadIf?: number;
}

const CLAUDE_PRICES = 'https://platform.claude.com/docs/en/about-claude/pricing';
const CLAUDE_FAST = 'https://platform.claude.com/docs/en/build-with-claude/fast-mode';
const OPENAI_PRIORITY = 'https://openai.com/api-priority-processing/';

/** Every kind of token a Claude model reads or writes. */
function claude(factor: number): ServiceRule['times'] {
  return {
    input: factor,
    output: factor,
    cacheRead: factor,
    cacheWrite5m: factor,
    cacheWrite1h: factor,
  };
}

function priority(model: RegExp, factor: number): ServiceRule {
  return {
    id: 'openai-priority',
    says: 'OpenAI: priority processing has prices of its own, for these models and up to their long context',
    source: OPENAI_PRIORITY,
    provider: 'openai',
    model,
    tier: 'priority',
    shortOnly: true,
    times: { input: factor, output: factor, cacheRead: factor },
  };
}

export const SERVICE_RULES: readonly ServiceRule[] = [
  {
    id: 'claude-batch',
    says: 'Claude: batches cost half; the prices of cache reads and writes are halved with it',
    source: CLAUDE_PRICES,
    provider: 'anthropic',
    tier: 'batch',
    times: claude(0.5),
  },
  {
    id: 'claude-us',
    says: 'Claude: inference that is kept in the US (inference_geo) costs 1.1 times all rates',
    source: CLAUDE_PRICES,
    provider: 'anthropic',
    tier: 'us',
    times: claude(1.1),
  },
  {
    id: 'claude-fast-6',
    says: 'Claude Opus 4.6: fast mode costs six times all rates',
    source: CLAUDE_FAST,
    provider: 'anthropic',
    model: /^claude-opus-4-6/,
    tier: 'fast',
    times: claude(6),
  },
  {
    id: 'claude-fast-2',
    says: 'Claude Opus 4.8 and 5: fast mode costs twice all rates',
    source: CLAUDE_FAST,
    provider: 'anthropic',
    model: /^claude-opus-(4-8|5)(-\d{8})?$/,
    tier: 'fast',
    times: claude(2),
  },
  {
    id: 'openai-batch',
    says: 'OpenAI: batches cost half; cache reads are listed at half where they cost a tenth of the input',
    source: 'https://developers.openai.com/api/docs/pricing',
    provider: 'openai',
    tier: 'batch',
    times: { input: 0.5, output: 0.5, cacheRead: 0.5 },
    cacheReadIf: 0.1,
  },
  {
    id: 'openai-flex',
    says: 'OpenAI: flex processing costs what batches cost, with the discount for cache reads',
    source: 'https://developers.openai.com/api/docs/guides/flex-processing',
    provider: 'openai',
    tier: 'flex',
    times: { input: 0.5, output: 0.5, cacheRead: 0.5 },
  },
  priority(/^gpt-5\.5$/, 2.5),
  priority(/^gpt-5\.4(-mini)?$/, 2),
  priority(/^gpt-5(\.[12]|(\.1)?-codex)?$/, 2),
  priority(/^gpt-5-mini$/, 1.8),
  priority(/^gpt-4\.1(-mini)?$/, 1.75),
  priority(/^gpt-4\.1-nano$/, 2),
  priority(/^gpt-4o(-2024-(11-20|08-06))?$/, 1.7),
  priority(/^gpt-4o-2024-05-13$/, 1.75),
  priority(/^gpt-4o-mini$/, 5 / 3),
  priority(/^o3$/, 1.75),
  priority(/^o4-mini$/, 20 / 11),
  {
    id: 'gemini-batch',
    says: 'Gemini: batches cost half; what cache reads cost in them is not said',
    source: 'https://ai.google.dev/gemini-api/docs/optimization',
    provider: 'google',
    tier: 'batch',
    times: { input: 0.5, output: 0.5, audioIn: 0.5 },
  },
  {
    id: 'gemini-flex',
    says: 'Gemini: flex inference costs half; what cache reads cost in it is not said',
    source: 'https://ai.google.dev/gemini-api/docs/optimization',
    provider: 'google',
    tier: 'flex',
    times: { input: 0.5, output: 0.5, audioIn: 0.5 },
  },
  {
    id: 'groq-flex',
    says: 'Groq: flex processing costs what the ordinary tier costs',
    source: 'https://console.groq.com/docs/flex-processing',
    provider: 'groq',
    tier: 'flex',
    times: { input: 1, output: 1, cacheRead: 1 },
  },
  {
    id: 'groq-batch',
    says: 'Groq: batches cost half, without a further discount for cache reads',
    source: 'https://console.groq.com/docs/batch',
    provider: 'groq',
    tier: 'batch',
    times: { input: 0.5, output: 0.5 },
  },
];

/** The rates a host asks at its other service tiers, as far as they follow from its ordinary ones; and the rules applied. */
export function servicesOf(
  price: TieredRates,
  { provider, model }: { readonly provider: string; readonly model: string },
): { readonly services: Price['services']; readonly rules: readonly string[] } {
  const services: { [tier: string]: TieredRates } = {};
  const rules: string[] = [];
  for (const rule of SERVICE_RULES) {
    if (rule.provider !== provider || rule.model?.test(model) === false) continue;
    if (price.input === null && price.output === null) continue;
    const { tiers = [], ...base } = price;
    const others = tiers.map((tier) => ({
      above: tier.above,
      ...(rule.shortOnly ? { input: null, output: null } : timesRates(tier, rule)),
    }));
    services[rule.tier] = {
      ...timesRates(base, rule),
      ...(others.length === 0 ? {} : { tiers: others }),
    };
    rules.push(rule.id);
  }
  return rules.length === 0 ? { services: undefined, rules } : { services, rules };
}

/** What is charged by the call (searches, fees) is charged the same at every tier. */
function timesRates(ordinary: Rates, { times, cacheReadIf }: ServiceRule): Rates {
  const { input, search, request } = ordinary;
  const rates: { -readonly [R in keyof Rates]: Rates[R] } = {
    input: null,
    output: null,
    ...(search === undefined ? {} : { search }),
    ...(request === undefined ? {} : { request }),
  };
  for (const name of Object.keys(times) as (keyof Rates)[]) {
    const listed = ordinary[name];
    const factor = times[name];
    if (listed == null || factor === undefined) continue;
    if (name === 'cacheRead' && cacheReadIf !== undefined)
      if (input === null || roundRate(cacheReadIf * input) !== listed) continue;
    rates[name] = roundRate(listed * factor);
  }
  // What a model thinks is output, whatever it costs.
  if (ordinary.reasoning != null && times.output !== undefined)
    rates.reasoning = roundRate(ordinary.reasoning * times.output);
  return rates;
}
