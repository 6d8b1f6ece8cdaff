// generationConfig: limits, sampling, thinking, and the shape and kind of the answer, as the model takes them.
import type { ChatCall, ImagePart } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { ModelRule } from '../../core/provider.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { fitSchema } from './json-schema.ts';
import { encodeThinking } from './thinking.ts';

type Lose = (what: string) => void;

/** ai.google.dev/api/generate-content#GenerationConfig: "up to 5" */
const MAX_STOPS = 5;
/** `seed` is an int32. */
const MAX_SEED = 2_147_483_647;

/** @param shaped whether the caller's output format is seen to elsewhere */
export function generationConfig(
  call: ChatCall,
  rule: ModelRule | null,
  target: Target,
  shaped: boolean,
  lose: Lose,
): JsonRecord {
  const thinking = encodeThinking(call.reasoning, rule, target, lose);
  return {
    ...limits(call, target, lose),
    ...chance(call, rule, target, lose),
    ...(shaped ? {} : shape(call, lose)),
    ...(thinking === null || Object.keys(thinking).length === 0
      ? {}
      : { thinkingConfig: thinking }),
    ...resolution(call, lose),
  };
}

function limits({ sampling }: ChatCall, { model, maxOutput }: Target, lose: Lose): JsonRecord {
  const { maxTokens, stop, seed, parallelToolCalls } = sampling;
  const most =
    maxOutput !== null && maxTokens !== undefined && maxTokens > maxOutput ? maxOutput : maxTokens;
  if (most !== maxTokens)
    lose(`max_tokens: lowered from ${maxTokens} to ${most}, the most ${model} writes`);
  const stops = (stop ?? []).filter((sequence) => sequence !== '');
  for (const sequence of stops.slice(MAX_STOPS))
    lose(`stop: ${JSON.stringify(sequence)} dropped; the API takes ${MAX_STOPS} stop sequences`);
  if (parallelToolCalls === false)
    lose('parallel_tool_calls: the API cannot be told to make one call at a time');
  const fits = seed !== undefined && Number.isInteger(seed) && Math.abs(seed) <= MAX_SEED;
  if (seed !== undefined && !fits) lose(`seed: ${seed} is not a whole number of 32 bits; dropped`);
  return {
    ...(most === undefined ? {} : { maxOutputTokens: most }),
    ...(stops.length === 0 ? {} : { stopSequences: stops.slice(0, MAX_STOPS) }),
    ...(seed !== undefined && fits ? { seed } : {}),
  };
}

function chance(
  { sampling }: ChatCall,
  rule: ModelRule | null,
  target: Target,
  lose: Lose,
): JsonRecord {
  const { temperature, topP, topK, presencePenalty, frequencyPenalty } = sampling;
  const free = rule?.sampling !== 'none' && target.temperature !== false;
  const penalised = rule?.penalties !== false;
  const config: { [name: string]: number } = {};
  const put = (
    name: string,
    field: string,
    value: number | undefined,
    usual: number | null,
    taken: boolean,
  ): void => {
    if (value === undefined) return;
    if (taken) config[name] = value;
    else if (value !== usual) lose(`${field}: not taken by ${target.model}`);
  };
  put('temperature', 'temperature', temperature, 1, free);
  put('topP', 'top_p', topP, 1, free);
  put('topK', 'top_k', topK, null, free);
  put('presencePenalty', 'presence_penalty', presencePenalty, 0, penalised);
  put('frequencyPenalty', 'frequency_penalty', frequencyPenalty, 0, penalised);
  return config;
}

function shape({ output }: ChatCall, lose: Lose): JsonRecord {
  switch (output.type) {
    case 'text':
      return {};
    case 'json':
      return { responseMimeType: 'application/json' };
    case 'json-schema': {
      const { schema, name, description } = output;
      const told = {
        title: name,
        ...(description === undefined ? {} : { description }),
        ...schema,
      };
      return {
        responseMimeType: 'application/json',
        responseJsonSchema: fitSchema(told, 'response_format.schema', lose),
      };
    }
  }
}

/** One setting for all media of a request: what the pictures agree on. */
function resolution({ messages }: ChatCall, lose: Lose): JsonRecord {
  const images = messages.flatMap(({ parts }) =>
    parts.filter((part): part is ImagePart => part.type === 'image'),
  );
  const asked = new Set(
    images.map(({ detail }) => detail).filter((detail) => detail === 'low' || detail === 'high'),
  );
  if (asked.size === 0) return {};
  if (asked.size === 1)
    return { mediaResolution: asked.has('low') ? 'MEDIA_RESOLUTION_LOW' : 'MEDIA_RESOLUTION_HIGH' };
  lose('detail: dropped; all images of a request share one resolution');
  return {};
}
