// What a router says of how an answer is drawn, on its way to one candidate: the caller's words are the caller's own affair, the
// router's must never be what a request fails of.
import type { ChatCall, Sampling } from '../core/call.ts';
import type { DialectId, EncodedCall, Target } from '../core/dialect.ts';
import type { GenerationConfig } from '../core/router.ts';
import { findRule } from '../dialects/find-rule.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { spliceObject } from '../lib/json-splice.ts';
import type { OwnPath } from './own-paths.ts';

export interface RoutedSettings {
  /** What the caller's wire has no words for: other wires may. */
  readonly unsaid: GenerationConfig;
  /** The fields of the request that are the router's, by their names on the caller's wire. */
  readonly put: ReadonlySet<string>;
  /** What it wrote before the caller's messages. */
  readonly texts: readonly string[];
  /** Absent: it put no messages among the caller's. */
  readonly pathOf?: OwnPath;
}

/** The call with what its wire could not say; the request's own words stand. */
export function withUnsaid(call: ChatCall, unsaid: GenerationConfig | undefined): ChatCall {
  if (unsaid === undefined) return call;
  const { temperature, stop, seed, presencePenalty, frequencyPenalty } = unsaid;
  const sampling: Sampling = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(stop === undefined ? {} : { stop }),
    ...(seed === undefined ? {} : { seed }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...call.sampling,
  };
  // Words of one wire: the others name them as lost.
  const { repetitionPenalty, logitBias } = unsaid;
  if (repetitionPenalty === undefined && logitBias === undefined) return { ...call, sampling };
  const words: JsonObject = {
    ...(repetitionPenalty === undefined ? {} : { repetition_penalty: repetitionPenalty }),
    ...(logitBias === undefined ? {} : { logit_bias: logitBias }),
    ...call.extra['openai-chat'],
  };
  return { ...call, sampling, extra: { ...call.extra, 'openai-chat': words } };
}

/** As the router's own fields are called. */
const NAMES: { readonly [N in keyof GenerationConfig]: string } = {
  maxTokens: 'max_tokens',
  topP: 'top_p',
  repetitionPenalty: 'repetition_penalty',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  stop: 'stop_sequences',
  logitBias: 'logit_bias',
};

/** What a request that goes on in its caller's words goes without. */
export function unsaidLosses({ unsaid }: RoutedSettings, wire: DialectId): string[] {
  return (Object.keys(unsaid) as (keyof GenerationConfig)[]).map(
    (name) =>
      `text_generation_config.${NAMES[name] ?? name}: the ${wire} wire has no word for ${
        name === 'temperature' ? `more than 1` : 'it'
      }`,
  );
}

/** The values that mean nothing. */
const CHANCE_DEFAULTS: { readonly [name: string]: number } = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
};
const LIMITS = ['max_tokens', 'max_output_tokens'];

/** A request in its caller's words, without those words of the router's that the target is known to refuse; null where it has none. */
export function fitPut(
  text: string,
  body: JsonObject,
  { put }: RoutedSettings,
  target: Target,
): (EncodedCall & { readonly fitted: JsonObject }) | null {
  const remove = new Set<string>();
  const set = new Map<string, string>();
  const fitted: { [name: string]: Json | undefined } = { ...body };
  const losses: string[] = [];
  const refuse = (name: string) => {
    remove.add(name);
    delete fitted[name];
    if (body[name] !== CHANCE_DEFAULTS[name]) losses.push(`${name}: not taken by ${target.model}`);
  };
  if (target.temperature === false)
    for (const name in CHANCE_DEFAULTS) if (put.has(name)) refuse(name);
  const rule = findRule(target.model, target.quirks.modelRules ?? []);
  if (rule?.stop === false && put.has('stop')) refuse('stop');
  for (const name of LIMITS) {
    const limit = body[name];
    if (!put.has(name) || target.maxOutput === null || typeof limit !== 'number') continue;
    if (limit <= target.maxOutput) continue;
    set.set(name, String(target.maxOutput));
    fitted[name] = target.maxOutput;
    losses.push(
      `${name}: lowered from ${limit} to ${target.maxOutput}, the most ${target.model} writes`,
    );
  }
  if (remove.size === 0 && set.size === 0) return null;
  return { body: spliceObject(text, { remove, set }), fitted, losses };
}
