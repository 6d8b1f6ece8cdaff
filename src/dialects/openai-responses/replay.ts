// Reasoning items put back into a caller's own input. With `store: false` nobody else has them, and the model goes on from
// its tool calls only with them (platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items).
import type {
  BareTurn,
  FilledTurn,
  PastCall,
  ReasoningReplay,
  Thought,
} from '../../core/thoughts.ts';
import { asArray, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { arrayElements, memberText, spliceObject } from '../../lib/json-splice.ts';
import { flat } from './decode-call.ts';
import { itemType } from './items.ts';
import { ownReasoningItem, plainReasoningItem } from './reasoning-items.ts';

export const replay: ReasoningReplay = {
  bareTurns(body) {
    if (flat(body).store !== false) return [];
    const items = asArray(body.input);
    const turns: BareTurn[] = [];
    for (let at = 0; at < items.length; ) {
      const end = turnEnd(items, at);
      const turn = items.slice(at, end).map((item) => asObject(item) ?? {});
      const calls = turn.filter(isCall);
      if (calls.length > 0 && !turn.some((item) => itemType(item) === 'reasoning'))
        turns.push({ at, path: `input[${at}]`, calls: calls.map(pastCall) });
      at = Math.max(end, at + 1);
    }
    return turns;
  },

  restore(text, turns) {
    const input = memberText(text, 'input');
    if (input === undefined) return text;
    const byPlace = new Map(turns.map((turn) => [turn.at, turn]));
    const out: string[] = [];
    let turn: FilledTurn | undefined;
    let next = 0;
    arrayElements(input).forEach(({ start, end }, at) => {
      const item = input.slice(start, end);
      const begins = byPlace.get(at);
      if (begins !== undefined) {
        [turn, next] = [begins, 0];
        out.push(...written(begins, begins.calls[0], false));
      }
      if (turn !== undefined && isCall(asObject(JSON.parse(item)) ?? {})) {
        const call = turn.calls[next];
        next += 1;
        out.push(...written(turn, call, true));
        if (call !== turn.calls[0]) out.push(...written(turn, call, false));
        if (next === turn.calls.length) turn = undefined;
      }
      out.push(item);
    });
    return spliceObject(text, { set: new Map([['input', `[${out.join(',')}]`]]) });
  },
};

/** Where the model's own items that begin here are over. */
function turnEnd(items: readonly unknown[], from: number): number {
  let at = from;
  while (at < items.length && isModels(asObject(items[at]) ?? {})) at += 1;
  return at;
}

function isModels(item: JsonObject): boolean {
  const type = itemType(item);
  return type === 'message' ? item.role === 'assistant' : !type.endsWith('_output');
}

function isCall(item: JsonObject): boolean {
  return item.type === 'function_call' || item.type === 'custom_tool_call';
}

function pastCall(item: JsonObject): PastCall {
  return {
    id: asString(item.call_id) ?? '',
    name: asString(item.name) ?? '',
    arguments: asString(item.arguments) ?? asString(item.input) ?? '',
  };
}

function written(
  { parts }: FilledTurn,
  call: PastCall | undefined,
  afterText: boolean,
): readonly string[] {
  const thoughts: readonly Thought[] = (call && parts.get(call)) ?? [];
  return thoughts.flatMap((thought) => {
    const { part } = thought;
    if (thought.afterText !== afterText || part.type !== 'reasoning') return [];
    const item = ownReasoningItem(part) ?? plainReasoningItem(part);
    return item === null ? [] : [JSON.stringify(item)];
  });
}
