// Thinking put back into a caller's own text. The API insists on it while tools are at work and thinking is on: a turn that
// calls tools must begin with its thinking (platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks).
// Turns before the latest question are over: their thinking is not looked at, so they stay as they came.
import { readOptions } from '../../core/options.ts';
import type {
  BareTurn,
  FilledTurn,
  PastCall,
  ReasoningReplay,
  ThoughtPart,
} from '../../core/thoughts.ts';
import { asArray, asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import { arrayElements, memberText, spliceArray, spliceObject } from '../../lib/json-splice.ts';
import { fromWireName } from './wire-names.ts';

export const replay: ReasoningReplay = {
  bareTurns(body) {
    const messages = asArray(body.messages);
    const turns: BareTurn[] = [];
    for (let at = messages.length - 1; at >= 0; at--) {
      const message = asObject(messages[at]);
      const blocks = asObjects(message?.content);
      if (message?.role === 'user' && !blocks.some(({ type }) => type === 'tool_result')) break;
      if (message?.role !== 'assistant') continue;
      const calls = blocks.filter(({ type }) => type === 'tool_use');
      if (calls.length > 0 && !blocks.some(isThinking))
        turns.push({ at, path: `messages[${at}]`, calls: calls.map(pastCall) });
    }
    return turns.length > 0 && thinks(body) ? turns.reverse() : [];
  },

  restore(text, turns) {
    const messages = memberText(text, 'messages');
    if (messages === undefined) return text;
    const elements = arrayElements(messages);
    const replaced = new Map<number, string>();
    for (const turn of turns) {
      const element = elements[turn.at];
      if (element === undefined) continue;
      const message = messages.slice(element.start, element.end);
      const content = memberText(message, 'content') ?? '[]';
      const set = new Map([['content', filled(content, turn)]]);
      replaced.set(turn.at, spliceObject(message, { set }));
    }
    return spliceObject(text, { set: new Map([['messages', spliceArray(messages, replaced)]]) });
  },
};

/** Thinking that is off would be refused in a turn that is still open. */
function thinks(body: JsonObject): boolean {
  const type = asObject(body.thinking)?.type;
  if (type === 'enabled' || type === 'adaptive') return true;
  if (type !== undefined || (body.reasoning ?? body.extra_body) === undefined) return false;
  const { effort, max_tokens: budget, enabled } = readOptions(body).reasoning ?? {};
  if (enabled === false || effort === 'none' || budget === 0) return false;
  return enabled === true || effort != null || budget != null;
}

function isThinking({ type }: JsonObject): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}

function pastCall(block: JsonObject): PastCall {
  return {
    id: fromWireName(asString(block.id) ?? ''),
    name: fromWireName(asString(block.name) ?? ''),
    arguments: JSON.stringify(block.input ?? {}),
  };
}

/** The blocks of a turn with its thinking: at its beginning, or right before the call where text came first. */
function filled(content: string, { calls, parts }: FilledTurn): string {
  const out: string[] = [];
  const [first] = calls;
  const early = (first && parts.get(first))?.filter(({ afterText }) => !afterText) ?? [];
  for (const { part } of early) out.push(block(part));
  let next = 0;
  for (const { start, end } of arrayElements(content)) {
    const text = content.slice(start, end);
    if (asObject(JSON.parse(text))?.type === 'tool_use') {
      const call = calls[next];
      next += 1;
      for (const thought of (call && parts.get(call)) ?? [])
        if (!early.includes(thought)) out.push(block(thought.part));
    }
    out.push(text);
  }
  return `[${out.join(',')}]`;
}

function block(part: ThoughtPart): string {
  return JSON.stringify(
    part.type === 'reasoning'
      ? { type: 'thinking', thinking: part.text, signature: part.signature ?? '' }
      : { type: 'redacted_thinking', data: part.data },
  );
}
