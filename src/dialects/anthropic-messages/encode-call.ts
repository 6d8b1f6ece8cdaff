// ChatCall → a request of this wire, for callers of other dialects. The same call gives the same bytes: keys stand in one
// order, nothing depends on time or chance, so prompt caches and bound thinking blocks hold from turn to turn.
import type { ChatCall } from '../../core/call.ts';
import type { EncodedCall, Target } from '../../core/dialect.ts';
import { OUR_FIELDS } from '../../core/options.ts';
import type { ModelRule } from '../../core/provider.ts';
import { isObject, type Json } from '../../lib/json.ts';
import type { Block } from './encode-content.ts';
import { encodeToolChoice, encodeTools } from './encode-tools.ts';
import { encodeTurns } from './encode-turns.ts';
import { type Controls, fitControls, withoutThinking } from './fit-model.ts';
import { OWN_FORMAT } from './foreign-signature.ts';
import { listedRule, ruleFor } from './model-rules.ts';
import { restrictSchema } from './output-schema.ts';
import { encodeReasoning } from './thinking.ts';

type Lose = (what: string) => void;

const DIALECT = 'anthropic-messages';
/** The wire has no default. Where neither the caller nor the catalogue says, every model takes this. */
const DEFAULT_MAX_TOKENS = 4096;
/** platform.claude.com/docs/en/build-with-claude/prompt-caching */
const MAX_CACHE_MARKS = 4;
const MAX_USER_CHARS = 256;

/** The request and what it could not carry. Throws `invalid_request` where a part has no lawful form. */
export function encodeCall(call: ChatCall, target: Target): EncodedCall {
  const losses: string[] = [];
  const lose: Lose = (what) => losses.push(what);
  const rule = ruleOf(target);
  const { system, turns } = encodeTurns(call.messages, rule, lose);
  const tools = encodeTools(call.tools, rule, lose);
  const instructed = [...system, ...formatInstruction(call, rule, lose)];
  const own = call.extra[DIALECT] ?? {};
  const { max_tokens, tool_choice, ...steering } = encodeControls(
    call,
    target,
    rule,
    tools.length,
    lose,
  );
  const body: Block = {
    model: target.model,
    max_tokens,
    ...(instructed.length === 0 ? {} : { system: plainOrBlocks(instructed) }),
    messages: turns.map(({ role, content }) => ({ role, content: plainOrBlocks(content) })),
    ...(tools.length === 0 ? {} : { tools }),
    ...((tool_choice === undefined ? {} : { tool_choice }) as Block),
    ...(steering as Block),
    ...encodeStop(call, lose),
    ...encodeUser(call, lose),
    ...(call.stream ? { stream: true } : {}),
    ...ownExtras(own, steering, lose),
  };
  dropExtraMarks(body, lose);
  loseForeign(call, lose);
  const { refusedFields } = target.quirks;
  for (const field of refusedFields ?? []) {
    if (!(field in body)) continue;
    delete body[field];
    lose(`${field}: refused by the provider; dropped`);
  }
  return { body: JSON.stringify(body), losses };
}

/** The model's row; where none lists it, the catalogue may still know that it does not think. */
function ruleOf({ model, quirks, reasoning }: Target): ModelRule {
  const rule = ruleFor(model, quirks.modelRules);
  const unthinking = reasoning === false && listedRule(model, quirks.modelRules) === null;
  return unthinking ? { ...rule, thinking: [] } : rule;
}

/** One plain text is written as the string it stands for. */
function plainOrBlocks(blocks: readonly Block[]): Json {
  const only = blocks.length === 1 ? blocks[0] : undefined;
  return only?.type === 'text' && Object.keys(only).length === 2 ? (only.text ?? '') : blocks;
}

function encodeControls(
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

/** The API has no JSON mode without a schema, and some models none with one: they are asked. */
function formatInstruction({ output }: ChatCall, rule: ModelRule, lose: Lose): Block[] {
  const only = 'Answer with one JSON object and nothing else: no code fence, no other text.';
  if (output.type === 'json') {
    lose('response_format: the API has no schema-less JSON mode; asked for in the system prompt');
    return [{ type: 'text', text: only }];
  }
  if (output.type !== 'json-schema' || rule.outputSchema !== false) return [];
  lose('response_format: the model cannot be held to a schema; asked for in the system prompt');
  return [
    {
      type: 'text',
      text: `${only} It must fit this JSON Schema:\n${JSON.stringify(output.schema)}`,
    },
  ];
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

function encodeStop({ sampling }: ChatCall, lose: Lose): { stop_sequences?: string[] } {
  const stop = (sampling.stop ?? []).filter((sequence) => {
    if (sequence.trim() !== '') return true;
    lose(`stop: ${JSON.stringify(sequence)} dropped; a stop sequence cannot be blank`);
    return false;
  });
  return stop.length === 0 ? {} : { stop_sequences: stop };
}

function encodeUser({ user }: ChatCall, lose: Lose): { metadata?: Block } {
  if (user === null || user === '') return {};
  if (user.length <= MAX_USER_CHARS) return { metadata: { user_id: user } };
  lose(`user: longer than ${MAX_USER_CHARS} characters; dropped`);
  return {};
}

/** Fields only this wire knows, of a call that was read from it. Those of single blocks went by their path. */
function ownExtras(
  own: Readonly<Record<string, Json | undefined>>,
  steering: object,
  lose: Lose,
): Block {
  const out: Block = {};
  for (const field in own) {
    const value = own[field];
    if (value === undefined) continue;
    if (field.includes('[') || field.includes('.')) lose(`${field}: dropped`);
    else if (OUR_FIELDS.has(field)) loseOurs(field, lose);
    else if (field in steering && isObject(value)) {
      out[field] = { ...(steering as Record<string, object>)[field], ...value } as Json;
    } else out[field] = value;
  }
  return out;
}

/** Values that say no more than the wire's own default. */
function isDefault(field: string, value: Json | undefined): boolean {
  if (
    value === undefined ||
    value === null ||
    value === false ||
    value === 'auto' ||
    value === 'default'
  )
    return true;
  if (field === 'n') return value === 1;
  return (
    value === 0 ||
    (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0)
  );
}

/** Asked of us, in a way this provider is not asked for. */
function loseOurs(field: string, lose: Lose): void {
  lose(`${field}: dropped; this provider is not asked for it`);
}

function loseForeign({ extra, sampling }: ChatCall, lose: Lose): void {
  const { seed, presencePenalty, frequencyPenalty } = sampling;
  if (seed !== undefined) lose('seed: dropped; the API has none');
  if (!isDefault('presence_penalty', presencePenalty))
    lose('presence_penalty: dropped; the API has none');
  if (!isDefault('frequency_penalty', frequencyPenalty))
    lose('frequency_penalty: dropped; the API has none');
  for (const [dialect, fields] of Object.entries(extra)) {
    if (dialect === DIALECT) continue;
    for (const field in fields) {
      if (isDefault(field, fields[field])) continue;
      if (OUR_FIELDS.has(field)) loseOurs(field, lose);
      else lose(`${field}: dropped; only ${dialect} has it`);
    }
  }
}

/** The caller's marks are kept, never moved or added to; of more than the API takes, the last ones cover the most. */
function dropExtraMarks(body: Block, lose: Lose): void {
  const marked: Block[] = [];
  collectMarked(body.tools, marked);
  collectMarked(body.system, marked);
  collectMarked(body.messages, marked);
  const extra = marked.length - MAX_CACHE_MARKS;
  if (extra <= 0) return;
  for (const block of marked.slice(0, extra)) delete block.cache_control;
  lose(
    `cache_control: ${extra} of ${marked.length} marks dropped; the API takes ${MAX_CACHE_MARKS}`,
  );
}

function collectMarked(blocks: Json | undefined, into: Block[]): void {
  if (!Array.isArray(blocks)) return;
  for (const block of blocks as Block[]) {
    if (!isObject(block)) continue;
    collectMarked(block.content, into);
    if (block.cache_control !== undefined) into.push(block as Block);
  }
}
