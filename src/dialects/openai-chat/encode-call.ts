// A ChatCall of another dialect → a body of this wire for one target, with everything it could not carry named.
import type { ChatCall, Sampling } from '../../core/call.ts';
import type { EncodedCall, Target } from '../../core/dialect.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import { disguiseOf } from '../disguise.ts';
import { findRule } from '../find-rule.ts';
import { toldInWords } from '../told-in-words.ts';
import { type NameLimits, withTakenNames } from '../tool-names.ts';
import { MessageEncoder } from './encode-messages.ts';
import { encodeOutput, encodeTools } from './encode-tools.ts';
import { EncodingNotes } from './encoding-notes.ts';
import { FieldEdits } from './field-edits.ts';
import { instructed } from './instruction.ts';
import { prefillFields } from './prefill.ts';
import { fitFields } from './quirks.ts';
import { writeReasoning } from './reasoning-request.ts';
import { fromResponses } from './responses-fields.ts';
import { fitSearchAndAudio } from './search-and-audio.ts';

/** platform.openai.com/docs/api-reference/chat/create, tools[].function.name; other wires take longer ones. */
const TOOL_NAMES: NameLimits = { pattern: /^[a-zA-Z0-9_-]+$/, maxChars: 64 };

/** The same call gives the same bytes: providers' prompt caches depend on it. */
export function encodeCall(asked: ChatCall, target: Target): EncodedCall {
  const notes = new EncodingNotes(target);
  const told = toldInWords(asked, (path, problem) => notes.lose(path, problem));
  const { call, toolNames } = withTakenNames(told, TOOL_NAMES);
  const messages = new MessageEncoder(target, notes).encode(call);
  const { tools, choice } = encodeTools(call.tools, call.toolChoice, target, notes);
  notes.loseMarks();
  const output = encodeOutput(call.output);
  const body: JsonRecord = {
    model: target.model,
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === null ? {} : { tool_choice: choice }),
    ...sampling(call, target, tools.length > 0, notes),
    ...(output === null ? {} : { response_format: output }),
    ...(call.user === null ? {} : { user: call.user }),
    ...(call.stream ? { stream: true } : {}),
    ...prefillFields(messages, target),
  };
  const edits = new FieldEdits(body);
  for (const [name, value] of extraOf(call, target, notes))
    if (edits.get(name) === undefined) edits.put(name, value);
  const defaults = {
    ...target.quirks.defaults,
    ...findRule(target.model, target.quirks.modelRules ?? [])?.defaults,
  };
  for (const [name, value] of Object.entries(defaults))
    if (edits.get(name) === undefined) edits.put(name, value);
  if (call.reasoning) writeReasoning(edits, call.reasoning, target);
  fitSearchAndAudio(edits, target);
  const instruction = fitFields(edits, target, call.reasoning);
  if (instruction !== null) edits.put('messages', instructed(messages, instruction));
  // Free-text tools are taken by few servers of this wire; functions are by all.
  const customTools = target.quirks.customTools === true ? [] : asked.tools;
  const disguise = disguiseOf({ customTools, toolNames });
  const losses = [...notes.losses, ...edits.losses];
  return { body: JSON.stringify(edits.applied()), losses, ...disguise };
}

function sampling(
  call: ChatCall,
  target: Target,
  hasTools: boolean,
  notes: EncodingNotes,
): JsonRecord {
  const { maxTokens, topK, stop, seed, parallelToolCalls } = call.sampling;
  const takesTopK = target.quirks.topK === true;
  if (topK !== undefined && !takesTopK) notes.lose('top_k', `not taken by ${target.provider}`);
  return {
    ...(maxTokens === undefined ? {} : { max_tokens: fittingMaxTokens(maxTokens, target, notes) }),
    ...chance(call.sampling, target, notes),
    ...(topK === undefined || !takesTopK ? {} : { top_k: topK }),
    ...stopOf(stop ?? [], target, notes),
    ...(seed === undefined ? {} : { seed }),
    // Refused by the wire's own maker where there are no tools.
    ...(parallelToolCalls === undefined || !hasTools
      ? {}
      : { parallel_tool_calls: parallelToolCalls }),
  };
}

/** platform.openai.com/docs/api-reference/chat/create: "Up to 4 sequences". */
const MAX_STOPS = 4;

function stopOf(
  asked: readonly string[],
  { provider, model, quirks }: Target,
  notes: EncodingNotes,
): JsonRecord {
  const stop = asked.filter((sequence) => sequence !== '');
  if (stop.length === 0) return {};
  if (findRule(model, quirks.modelRules ?? [])?.stop === false) {
    notes.lose('stop', `not taken by ${model}`);
    return {};
  }
  const most = quirks.maxStops ?? MAX_STOPS;
  if (stop.length > most) notes.lose('stop', `${provider} takes only the first ${most}`);
  return { stop: stop.slice(0, most) };
}

/** The values that mean nothing: a model that takes no others is not asked for them. */
const CHANCE_DEFAULTS = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
} as const;

/** How much chance may have a say. Reasoning models refuse all but the defaults (platform.openai.com/docs/guides/reasoning). */
function chance(asked: Sampling, target: Target, notes: EncodingNotes): JsonRecord {
  const wanted = {
    temperature: asked.temperature,
    top_p: asked.topP,
    presence_penalty: asked.presencePenalty,
    frequency_penalty: asked.frequencyPenalty,
  };
  const fields: { [name: string]: number } = {};
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    if (target.temperature !== false) fields[name] = value;
    else if (value !== CHANCE_DEFAULTS[name as keyof typeof CHANCE_DEFAULTS])
      notes.lose(name, `not taken by ${target.model}`);
  }
  return fields;
}

/** Callers of other dialects must name a limit, and name their own model's; above this one's the call would be refused. */
function fittingMaxTokens(maxTokens: number, target: Target, notes: EncodingNotes): number {
  if (target.maxOutput === null || maxTokens <= target.maxOutput) return maxTokens;
  notes.lose(
    'max_tokens',
    `lowered from ${maxTokens} to ${target.maxOutput}, the most ${target.model} writes`,
  );
  return target.maxOutput;
}

/** Fields the hub has no word for: this dialect's go along, others' are lost. */
function extraOf(call: ChatCall, target: Target, notes: EncodingNotes): [string, Json][] {
  const own: [string, Json][] = [];
  for (const [dialect, all] of Object.entries(call.extra)) {
    let fields = all;
    if (dialect === 'openai-responses' && target.quirks.makersFields === true && all) {
      const { carried, left } = fromResponses(all);
      own.push(...carried);
      fields = left;
    }
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (value === undefined) continue;
      if (dialect === 'openai-chat') own.push([name, value]);
      else if (!asksNothing(value))
        notes.lose(name, `a field of ${dialect} that has no counterpart here`);
    }
  }
  return own;
}
