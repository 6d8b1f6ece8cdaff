// The built-in catalogue against what it was made from, and its prices against what a provider really charged.
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { generate } from '../../scripts/generate-catalog.ts';
import { buildCatalog } from '../../src/catalog/catalog.ts';
import { builtInCatalog } from '../../src/catalog/load.ts';
import { costNano } from '../../src/core/price.ts';
import { UNKNOWN_USAGE, type Usage } from '../../src/core/usage.ts';
import { asNumber, asObject, asString, type JsonObject, parseJson } from '../../src/lib/json.ts';

const pathOf = (relative: string) => new URL(relative, import.meta.url).pathname;
const LIST = pathOf('../../../shared/catalog/models-dev.json');
const REPLIES = pathOf('../../../shared/recordings/pydantic-ai/openrouter.chat.completions.jsonl');
for (const path of [LIST, REPLIES]) {
  if (!existsSync(path))
    console.log(`skipped: catalogue checks that need ${path.slice(path.indexOf('shared/'))}`);
}

describe.skipIf(!existsSync(LIST))('the generated file', () => {
  test('is what the generator makes of its source', () => {
    const made = generate(JSON.parse(readFileSync(LIST, 'utf8')), '1970-01-01');
    const stored = readFileSync(pathOf('../../src/catalog/catalog.generated.json'), 'utf8');
    expect(made === stored).toBe(true);
  });
});

interface Charged {
  readonly model: string;
  readonly usage: Usage;
  /** For the tokens alone, in billionths of a dollar. */
  readonly nano: number;
}

/** The last usage block of a reply, whole or streamed. */
function lastUsage(body: unknown): JsonObject | undefined {
  if (typeof body !== 'string') return asObject(asObject(body)?.usage);
  const whole = asObject(parseJson(body));
  if (whole) return asObject(whole.usage);
  const frames = body.split('\n').filter((line) => line.startsWith('data: {'));
  return frames
    .map((line) => asObject(asObject(parseJson(line.slice(6)))?.usage))
    .findLast((usage) => usage !== undefined);
}

function charged(line: string): Charged | null {
  const record = asObject(parseJson(line));
  const sent = asObject(record?.request)?.body;
  const request = asObject(typeof sent === 'string' ? parseJson(sent) : sent);
  const usage = lastUsage(asObject(record?.response)?.body);
  const details = asObject(usage?.cost_details);
  const prompt = asNumber(details?.upstream_inference_prompt_cost);
  const completion = asNumber(details?.upstream_inference_completions_cost);
  const model = asString(request?.model);
  if (!usage || prompt === undefined || completion === undefined || model === undefined)
    return null;
  const inputs = asObject(usage.prompt_tokens_details);
  const cacheRead = asNumber(inputs?.cached_tokens) ?? 0;
  const cacheWrite5m = asNumber(inputs?.cache_write_tokens) ?? 0;
  const reasoning = asNumber(asObject(usage.completion_tokens_details)?.reasoning_tokens) ?? 0;
  const total = asNumber(usage.prompt_tokens) ?? 0;
  const fresh = total - cacheRead - cacheWrite5m;
  return {
    model,
    usage: {
      ...UNKNOWN_USAGE,
      // Gemini's tokens that are written and read in one call are counted as both, and charged as both.
      input: fresh >= 0 ? fresh : total - cacheRead,
      cacheRead,
      cacheWrite5m,
      output: (asNumber(usage.completion_tokens) ?? 0) - reasoning,
      reasoning,
    },
    nano: Math.round((prompt + completion) * 1e9),
  };
}

describe.skipIf(!existsSync(REPLIES))('recorded OpenRouter charges', () => {
  // Open-weight models are served by many hosts at their own prices, and these were charged at another host's or day's.
  const BY_HOST = /^(qwen|z-ai|deepseek)\//;

  test('are what the catalogue says for models with one price', () => {
    const catalog = buildCatalog({ base: builtInCatalog(), refreshed: null }, []);
    const compared: {
      readonly model: string;
      readonly ours: number | null;
      readonly theirs: number;
    }[] = [];
    for (const line of readFileSync(REPLIES, 'utf8').split('\n').filter(Boolean)) {
      const reply = charged(line);
      const facts =
        reply && !BY_HOST.test(reply.model) ? catalog.get('openrouter', reply.model) : null;
      if (!reply || !facts?.price) continue;
      compared.push({
        model: reply.model,
        ours: costNano(facts.price, reply.usage),
        theirs: reply.nano,
      });
    }
    expect(compared.length).toBeGreaterThanOrEqual(35);
    expect(compared.filter(({ ours, theirs }) => ours !== theirs)).toEqual([]);
  });
});
