// What steers an answer, of a call of another dialect: limits, sampling, thinking, shape, tool choice; as the model takes it.
import type { ChatCall } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { ModelRule } from '../../core/provider.ts';
import type { Block } from './encode-content.ts';
import { encodeToolChoice } from './encode-tools.ts';
import { type Controls, fitControls, withoutThinking } from './fit-model.ts';
import { OWN_FORMAT } from './foreign-signature.ts';
import { restrictSchema } from './output-schema.ts';
import { encodeReasoning } from './thinking.ts';

type Lose = (what: string) => void;

/** The wire has no default. Where neither the caller nor the catalogue says, every model takes this. */
const DEFAULT_MAX_TOKENS = 4096;

/** @param tools how many tools there are, of those the wire can carry. */
export function encodeControls(
  call: ChatCall,
  target: Target,
  rule: ModelRule,
  tools: number,
  lose: Lose,
): Controls {
  const { sampling, reasoning } = call;
  const maxTokens = encodeMaxTokens(sampling.maxTokens, target.maxOutput, lose);
  const { thinking, effort } = reasoning ? encodeReasoning(reasoning, rule, maxTokens) : {};
  const format = encodeFormat(call, rule, lose);
  const choice = encodeToolChoice(call, tools, lose);
  const controls: Controls = {
    max_tokens: maxTokens,
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(effort === undefined && format === null
      ? {}
      : {
          output_config: {
            ...(effort === undefined ? {} : { effort }),
            ...(format === null ? {} : { format }),
          },
        }),
    ...encodeTemperature(sampling.temperature, lose),
    ...(sampling.topP === undefined ? {} : { top_p: sampling.topP }),
    ...(sampling.topK === undefined ? {} : { top_k: sampling.topK }),
  };
  const fitted = fitControls(controls, { rule, own: false, lose });
  const unthought = fitted.thinking?.type === 'enabled' && hasUnthoughtCalls(call);
  return unthought ? withoutThinking(fitted, lose) : fitted;
}

function encodeMaxTokens(asked: number | undefined, most: number | null, lose: Lose): number {
  if (asked === undefined) return most ?? DEFAULT_MAX_TOKENS;
  if (most === null || asked <= most) return asked;
  lose(`max_tokens: ${asked} is more than the model gives; sent as ${most}`);
  return most;
}

/** Elsewhere it goes up to 2. */
function encodeTemperature(temperature: number | undefined, lose: Lose): { temperature?: number } {
  if (temperature === undefined) return {};
  if (temperature <= 1) return { temperature };
  lose(`temperature: ${temperature} is above the highest, 1; sent as 1`);
  return { temperature: 1 };
}

function encodeFormat({ output }: ChatCall, rule: ModelRule, lose: Lose): Block | null {
  if (output.type !== 'json-schema' || rule.outputSchema === false) return null;
  const { schema, description } = output;
  const said =
    description === undefined || schema.description !== undefined
      ? schema
      : { description, ...schema };
  return { type: 'json_schema', schema: restrictSchema(said, 'response_format.schema', lose) };
}

/** True when the exchange with the tools is still going on and its first turn came without a thinking block. */
function hasUnthoughtCalls(call: ChatCall): boolean {
  const last = call.messages.findLast(({ role }) => role === 'assistant');
  if (last === undefined || !last.parts.some(({ type }) => type === 'tool-use')) return false;
  if (last !== call.messages.at(-1) && !answered(call, last)) return false;
  return !last.parts.some(
    (part) =>
      (part.type === 'reasoning' && part.format === OWN_FORMAT && part.signature !== undefined) ||
      (part.type === 'redacted-reasoning' && part.format === OWN_FORMAT),
  );
}

/** The turn after it brings its results: the exchange with the tools is still going on. */
function answered(call: ChatCall, turn: ChatCall['messages'][number]): boolean {
  const after = call.messages.slice(call.messages.indexOf(turn) + 1);
  return after.some(({ parts }) => parts.some(({ type }) => type === 'tool-result'));
}
