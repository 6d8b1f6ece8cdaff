// Reasoning put back into a caller's own text: the field a maker insists on after tool calls, and the state of its calls.
import type { Target } from '../../core/dialect.ts';
import type { Quirks } from '../../core/provider.ts';
import type { BareTurn, FilledTurn, PastCall, ReasoningReplay } from '../../core/thoughts.ts';
import { asArray, asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import {
  appendMember,
  arrayElements,
  memberText,
  spliceArray,
  spliceObject,
} from '../../lib/json-splice.ts';
import { extraMember, isExtra, wantsExtras } from './call-extras.ts';
import { encodeReasoningParts } from './encode-reasoning.ts';
import { argumentsText } from './tool-calls.ts';

const REASONING = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;

export const replay: ReasoningReplay = {
  bareTurns(body, target) {
    const wantsText = insists(target.quirks);
    const wantsState = wantsExtras(target);
    if (!wantsText && !wantsState) return [];
    const turns: BareTurn[] = [];
    asArray(body.messages).forEach((item, at) => {
      const message = asObject(item);
      if (message?.role !== 'assistant' || message.tool_calls === undefined) return;
      const calls = asObjects(message.tool_calls);
      const bare = (wantsText && !hasReasoning(message)) || (wantsState && !hasExtras(calls));
      if (calls.length > 0 && bare)
        turns.push({ at, path: `messages[${at}]`, calls: calls.map(pastCall) });
    });
    return turns;
  },

  // A model that thinks refuses calls without reasoning, its own and those of models that have none (api-docs.deepseek.com/guides/thinking_mode).
  needsStandIns({ thinking, enable_thinking, reasoning_effort }, { quirks, reasoning }) {
    if (!insists(quirks) || reasoning === false) return false;
    const off = asObject(thinking)?.type === 'disabled' || enable_thinking === false;
    return !off && reasoning_effort !== 'none';
  },

  restore(text, turns, target) {
    const messages = memberText(text, 'messages');
    if (messages === undefined) return text;
    const elements = arrayElements(messages);
    const replaced = new Map<number, string>();
    for (const turn of turns) {
      const element = elements[turn.at];
      if (element === undefined) continue;
      const message = messages.slice(element.start, element.end);
      replaced.set(turn.at, filled(message, turn, target));
    }
    return spliceObject(text, { set: new Map([['messages', spliceArray(messages, replaced)]]) });
  },
};

/** Makers that insist have a field for it beside the content. */
function insists({ reasoningReplay, reasoningField }: Quirks): boolean {
  return reasoningReplay === 'required' && reasoningField !== 'thinking-parts';
}

function hasReasoning(message: JsonObject): boolean {
  return REASONING.some((name) => {
    const value = message[name];
    return Array.isArray(value) ? value.length > 0 : Boolean(value);
  });
}

function hasExtras(calls: readonly JsonObject[]): boolean {
  return calls.some((call) => call.extra_content !== undefined);
}

function pastCall(call: JsonObject): PastCall {
  const called = asObject(call.function) ?? asObject(call.custom) ?? {};
  return {
    id: asString(call.id) ?? '',
    name: asString(called.name) ?? '',
    arguments: argumentsText(called.arguments ?? called.input),
  };
}

/** The message's text with the missing members, and nothing else changed. */
function filled(message: string, turn: FilledTurn, { quirks }: Target): string {
  const set = new Map<string, string>();
  const thoughts = turn.calls.flatMap((call) => turn.parts.get(call) ?? []);
  const parts = thoughts.map(({ part }) => part).filter((part) => !isExtra(part));
  if (parts.length > 0 || (turn.parts.size === 0 && !saysOfReasoning(message))) {
    const members = encodeReasoningParts(parts, true, quirks, () => undefined);
    for (const [name, value] of Object.entries(members)) set.set(name, JSON.stringify(value));
  }
  const calls = memberText(message, 'tool_calls');
  if (calls !== undefined && thoughts.some(({ part }) => isExtra(part)))
    set.set('tool_calls', withExtras(calls, turn));
  return set.size === 0 ? message : spliceObject(message, { set });
}

/** Recorded: an empty text is taken where the thoughts are not at hand, so a caller's own stands. */
function saysOfReasoning(message: string): boolean {
  return REASONING.some((name) => (memberText(message, name) ?? 'null').trim() !== 'null');
}

function withExtras(calls: string, turn: FilledTurn): string {
  const replaced = new Map<number, string>();
  arrayElements(calls).forEach(({ start, end }, at) => {
    const call = turn.calls[at];
    const extra = (call && turn.parts.get(call))?.find(({ part }) => isExtra(part))?.part;
    if (extra?.type !== 'redacted-reasoning') return;
    const { extra_content: value } = extraMember(extra.data);
    if (value !== undefined)
      replaced.set(
        at,
        appendMember(calls.slice(start, end), 'extra_content', JSON.stringify(value)),
      );
  });
  return spliceArray(calls, replaced);
}
