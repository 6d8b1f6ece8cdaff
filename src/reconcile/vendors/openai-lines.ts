// OpenAI's figures of one bucket, the same names in its API's results and in its dashboard's CSV, as lines of a bill.
// Names and meanings: the types `OrganizationUsage…Result` and `OrganizationCostsResult` of the SDK openai 6.49
// (resources/admin/organization/usage.d.ts), generated from the vendor's API description. Columns of the CSV: exports
// that users have published (`start_time,end_time,start_time_iso,…,num_model_requests,user_id,api_key_id,model,batch,
// service_tier,input_tokens,…` and `…,amount_value,amount_currency,…,line_item,…`); a bucket in which nothing was used
// stands there with its times alone, counts as `10.0`. "All timestamps are based on UTC"
// (help.openai.com/en/articles/8554956).
import { ALL_MODELS, type BillLine, type Statement } from '../billed.ts';
import { type Counts, NO_COUNTS } from '../counts.ts';
import type { LineReader } from '../line-reader.ts';

/** @param kind `completions`, `embeddings`, `images`, … */
export function usageLine(line: LineReader, day: string, kind: string): BillLine | null {
  const model = line.text('model');
  if (model === '') {
    line.wrong('names no model: export the usage grouped by model (group_by=model)');
    return null;
  }
  const batch = line.text('batch').toLowerCase() === 'true';
  const tier = line.text('service_tier').toLowerCase();
  return {
    day,
    statement: `usage.${kind}`,
    model,
    apiKey: line.text('api_key_id') || null,
    tier: batch ? 'batch' : ordinary(tier),
    counts: kind === 'web_searches' ? searchCounts(line) : counts(line),
    cost: null,
    place: line.place,
  };
}

function ordinary(tier: string): string | null {
  return ['', 'default', 'auto', 'standard'].includes(tier) ? null : tier;
}

/** Their model requests are counted among the completions'. */
function searchCounts(line: LineReader): Counts {
  return { ...NO_COUNTS, searches: line.count('num_requests') };
}

/**
 * The vendor's totals are inclusive: `input_tokens` holds what was read from and written to the cache and the audio,
 * `output_tokens` the audio. Ours are disjoint. `input_audio_tokens` is the uncached audio; older exports have no
 * `input_uncached_tokens`, which leaves the cached and the written ones out already.
 */
function counts(line: LineReader): Counts {
  const all = line.count('input_tokens');
  const cached = line.count('input_cached_tokens');
  const written = line.count('input_cache_write_tokens');
  const audioIn = line.count('input_audio_tokens');
  const audioOut = line.count('output_audio_tokens');
  const output = line.count('output_tokens');
  const uncached = line.count('input_uncached_tokens') ?? less(all, cached, written);
  const input = less(uncached, audioIn);
  const text = less(output, audioOut);
  if ((input ?? 0) < 0 || (text ?? 0) < 0)
    line.wrong('its parts are more than input_tokens or output_tokens, which hold them');
  return {
    requests: line.count('num_model_requests'),
    input,
    cache_read: cached,
    cache_write_5m: written,
    cache_write_1h: null,
    output: text,
    audio_in: audioIn,
    audio_out: audioOut,
    searches: null,
    images: line.count('images'),
    characters: line.count('characters'),
    seconds: line.count('seconds'),
  };
}

function less(total: number | null, ...parts: readonly (number | null)[]): number | null {
  return total === null ? null : parts.reduce<number>((left, part) => left - (part ?? 0), total);
}

export const COSTS: Statement = 'costs';

/** @param names of the amount and its currency. The API names them `amount.value`, the CSV `amount_value`. */
export function costLine(
  line: LineReader,
  day: string,
  names: { readonly amount: string; readonly currency: string },
): BillLine | null {
  const currency = line.text(names.currency).toLowerCase();
  if (currency !== '' && currency !== 'usd') {
    line.wrong(`its amount is in "${currency.slice(0, 10)}"; only US dollars can be compared`);
    return null;
  }
  const cost = line.amount(names.amount);
  if (cost === null) return null;
  const { model, tier } = itemOf(line.text('line_item'));
  const apiKey = line.text('api_key_id') || null;
  const { place } = line;
  return { day, statement: COSTS, model, apiKey, tier, counts: NO_COUNTS, cost, place };
}

/**
 * Items as cost reports hold them: `gpt-4o-mini-2024-07-18, cached input`, `gpt-audio-mini-2025-12-15 audio, input`,
 * `evals | gpt-4o-mini-2024-07-18, input`, `web search tool calls`. What names no model stands under its own name.
 */
function itemOf(item: string): { readonly model: string; readonly tier: string | null } {
  if (item === '') return { model: ALL_MODELS, tier: null };
  const comma = item.lastIndexOf(',');
  const [, use, named = ''] = /^(?:([^|]*?) *\| *)?(.*)$/s.exec(item.slice(0, comma)) ?? [];
  const [model = '', ...words] = named.trim().split(/\s+/);
  if (comma === -1 || !/[\d-]/.test(model)) return { model: item, tier: null };
  const tier = [use, ...words.filter((word) => !/^(?:audio|text|image)$/.test(word))]
    .filter((word) => word !== undefined && word !== '')
    .join(' ');
  return { model, tier: tier === '' ? null : tier };
}
