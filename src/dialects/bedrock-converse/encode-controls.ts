// What steers an answer: limits, sampling and thinking, in the wire's own few words and the model's own beside them.
import type { ChatCall, Reasoning } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { ModelRule } from '../../core/provider.ts';
import { asObject, type Json, type JsonObject } from '../../lib/json.ts';
import { encodeControls as encodeMakersControls } from '../anthropic-messages/encode-controls.ts';
import { speakingStops } from '../stops.ts';
import type { Block } from './encode-document.ts';
import { encodeChoice } from './encode-tools.ts';

type Lose = (what: string) => void;

export interface Controls {
  readonly inferenceConfig: Block;
  /** Of `toolConfig`. */
  readonly toolChoice?: Block;
  /** The one tool that may stay. */
  readonly onlyTool?: string;
  /** No tool is to be called, and the model can only be told so in words. */
  readonly toldNone: boolean;
  /** `additionalModelRequestFields` */
  readonly fields: Block;
  /** `additionalModelResponseFieldPaths` */
  readonly paths: readonly string[];
}

/** @param tools how many tools there are, of those the wire can carry. */
export function encodeControls(
  call: ChatCall,
  target: Target,
  rule: ModelRule,
  tools: number,
  lose: Lose,
): Controls {
  return rule.ownFields === 'anthropic'
    ? makersControls(call, target, rule, tools, lose)
    : plainControls(call, rule, tools, lose);
}

/**
 * Claude: everything is fitted as on its maker's own wire, then said in this wire's words where it has them. The maker's
 * `tool_choice` goes beside them where it says what this wire cannot: none at all, or one call at a time (accepted as
 * `additionalModelRequestFields.tool_choice`, BerriAI/litellm pull/34347).
 */
function makersControls(
  call: ChatCall,
  target: Target,
  rule: ModelRule,
  tools: number,
  lose: Lose,
): Controls {
  const fitted = encodeMakersControls(
    { ...call, output: { type: 'text' } },
    target,
    rule,
    tools,
    lose,
  );
  const { sampling } = call;
  const { thinking, tool_choice: choice, top_k, temperature, top_p } = fitted;
  const own = choice?.disable_parallel_tool_use === true || choice?.type === 'none';
  const stop = stopSequences(call, rule, lose);
  const toolChoice = own ? undefined : wireChoice(choice);
  return {
    inferenceConfig: {
      // Without one an answer may be as long as the model makes it, its thinking included (recorded).
      ...(sampling.maxTokens === undefined ? {} : { maxTokens: fitted.max_tokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(top_p === undefined ? {} : { topP: top_p }),
      ...stop,
    },
    ...(toolChoice === undefined ? {} : { toolChoice }),
    toldNone: false,
    fields: {
      ...(thinking === undefined ? {} : { thinking: thinking as Json }),
      ...(fitted.output_config === undefined
        ? {}
        : { output_config: fitted.output_config as Json }),
      ...(top_k === undefined ? {} : { top_k }),
      ...(own ? { tool_choice: choice as Json } : {}),
    },
    // Which sequence was met is not among the wire's own answers; the maker's field has it (vendor's example, and recorded).
    paths: 'stopSequences' in stop ? [call.stream ? '/delta/stop_sequence' : '/stop_sequence'] : [],
  };
}

function wireChoice(choice: JsonObject | undefined): Block | undefined {
  switch (choice?.type) {
    case 'any':
      return { any: {} };
    case 'tool':
      return { tool: { name: choice.name ?? '' } };
    default:
      return undefined;
  }
}

function plainControls(call: ChatCall, rule: ModelRule, tools: number, lose: Lose): Controls {
  const { sampling, reasoning } = call;
  const choice = tools === 0 ? {} : encodeChoice(call, rule, lose);
  if (tools > 0 && sampling.parallelToolCalls === false)
    lose('parallel_tool_calls: dropped; the model cannot be held to one call at a time');
  const fields: Block = {};
  const bare = reasoning === null ? false : writeReasoning(fields, reasoning, rule, lose);
  if (sampling.topK !== undefined) {
    if (rule.topKField === undefined) lose('top_k: dropped; the model has no such setting');
    else put(fields, rule.topKField, sampling.topK);
  }
  const config: Block = {
    ...(sampling.maxTokens === undefined ? {} : { maxTokens: sampling.maxTokens }),
    ...temperatureOf(sampling.temperature, lose),
    ...(sampling.topP === undefined ? {} : { topP: sampling.topP }),
  };
  if (bare) {
    for (const [name, field] of BARE) {
      if (config[field] === undefined) continue;
      delete config[field];
      lose(`${name}: cannot go with the highest effort; dropped`);
    }
  }
  return {
    inferenceConfig: { ...config, ...stopSequences(call, rule, lose) },
    ...(choice.toolChoice === undefined ? {} : { toolChoice: choice.toolChoice }),
    ...(choice.only === undefined ? {} : { onlyTool: choice.only }),
    toldNone: choice.told === true,
    fields,
    paths: [],
  };
}

/** "When maxReasoningEffort is high, temperature, topP and maxTokens must be unset" (docs.aws.amazon.com/nova/latest/nova2-userguide). */
const BARE = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['max_tokens', 'maxTokens'],
] as const;

/** The wire takes 0 to 1, whatever the model (InferenceConfiguration, in the API reference). */
function temperatureOf(temperature: number | undefined, lose: Lose): { temperature?: number } {
  if (temperature === undefined) return {};
  if (temperature <= 1) return { temperature };
  lose(`temperature: ${temperature} is above the highest, 1; sent as 1`);
  return { temperature: 1 };
}

function stopSequences({ sampling }: ChatCall, rule: ModelRule, lose: Lose): Block {
  const stop = speakingStops(sampling, lose);
  if (stop.length === 0) return {};
  if (rule.stop !== false) return { stopSequences: stop };
  lose('stop: dropped; the model takes no stop sequences');
  return {};
}

const ORDER = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Writes how much to think. True where the limits of the answer cannot be told beside it. */
function writeReasoning(
  fields: Block,
  { effort, budget, mode }: Reasoning,
  rule: ModelRule,
  lose: Lose,
): boolean {
  const off = mode === 'disabled' || effort === 'none' || (effort === undefined && budget === 0);
  if (effort === undefined && budget === undefined && mode === undefined) return false;
  if (rule.efforts === undefined || rule.efforts.length === 0) {
    // A model that is not known to think is off already.
    if (!off) lose('reasoning: the model cannot be told how much to think; dropped');
    return false;
  }
  if (off) {
    if (rule.ownFields === 'nova') fields.reasoningConfig = { type: 'disabled' };
    else lose('reasoning: the model cannot be told not to think; dropped');
    return false;
  }
  const asked = effort ?? 'medium';
  const level = nearest(asked, rule.efforts);
  if (effort === undefined && budget !== undefined)
    lose(`reasoning.max_tokens: the model takes no budget; sent as effort ${level}`);
  else if (level !== asked && asked !== 'minimal')
    lose(`reasoning.effort: the model has no ${asked}; sent as ${level}`);
  if (rule.ownFields === 'nova') {
    fields.reasoningConfig = { type: 'enabled', maxReasoningEffort: level };
    return level === 'high';
  }
  put(fields, rule.effortField ?? 'reasoning_effort', level);
  return false;
}

/** The nearest effort the model has, the lower of two as near. */
function nearest(asked: string, efforts: readonly string[]): string {
  const place = ORDER.indexOf(asked);
  return efforts.reduce((best, effort) =>
    Math.abs(ORDER.indexOf(effort) - place) < Math.abs(ORDER.indexOf(best) - place) ? effort : best,
  );
}

/** `inferenceConfig.topK` is a member of an object inside. */
function put(fields: Block, path: string, value: Json): void {
  const dot = path.indexOf('.');
  if (dot === -1) {
    fields[path] = value;
    return;
  }
  const name = path.slice(0, dot);
  fields[name] = { ...asObject(fields[name]), [path.slice(dot + 1)]: value } as Json;
}
