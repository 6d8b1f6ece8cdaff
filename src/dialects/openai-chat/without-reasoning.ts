// A chunk for a caller who asked not to be shown the model's reasoning.
import { asArray, asObject, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { SseFrame } from '../../lib/sse.ts';

const MEMBERS = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;

/** The frame as it is where it shows none, a copy without it, or null where nothing else was in it. */
export function withoutReasoning(frame: SseFrame, body: JsonObject): SseFrame | null {
  const choices = asArray(body.choices);
  if (!choices.some(shows)) return frame;
  const kept = choices.map((choice) => (isObject(choice) ? (strip(choice) as Json) : choice));
  const empty = kept.every(
    (choice) =>
      isObject(choice) && !choice.finish_reason && saysNothing(asObject(choice.delta) ?? {}),
  );
  if (empty && !isObject(body.usage)) return null;
  return new SseFrame(frame.event, JSON.stringify({ ...body, choices: kept }), '');
}

function shows(choice: Json): boolean {
  const delta = asObject(asObject(choice)?.delta);
  if (!delta) return false;
  return (
    MEMBERS.some((name) => delta[name] !== undefined) || asArray(delta.content).some(isThinking)
  );
}

function strip(choice: JsonObject): JsonObject {
  const delta = asObject(choice.delta);
  if (!delta) return choice;
  const { reasoning_content: _c, reasoning: _r, reasoning_details: _d, ...rest } = delta;
  if (!Array.isArray(rest.content)) return { ...choice, delta: rest as Json };
  const parts = asArray(rest.content).filter((part) => !isThinking(part));
  return { ...choice, delta: { ...rest, content: parts.length === 0 ? '' : parts } as Json };
}

function isThinking(part: Json): boolean {
  return asObject(part)?.type === 'thinking';
}

function saysNothing(delta: JsonObject): boolean {
  return Object.entries(delta).every(([name, value]) =>
    name !== 'role' ? !value || (Array.isArray(value) && value.length === 0) : false,
  );
}
