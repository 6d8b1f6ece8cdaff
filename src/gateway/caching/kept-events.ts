// Events as they are kept: read again, and folded into the fewest that say the same.
import type { BlockDelta, ChatEvent } from '../../core/event.ts';
import { isObject } from '../../lib/json.ts';

/** Null: these are no finished answer's. What is kept may be another version's, or damaged. */
export function readEvents(value: unknown): readonly ChatEvent[] | null {
  if (!Array.isArray(value) || !value.every(isEvent)) return null;
  return isFinished(value) ? value : null;
}

/** Whether they end an answer, and tell no error. */
export function isFinished(events: readonly ChatEvent[]): boolean {
  return (
    events.some(({ type }) => type === 'finish') && !events.some(({ type }) => type === 'error')
  );
}

function isEvent(value: unknown): value is ChatEvent {
  if (!isObject(value)) return false;
  switch (value.type) {
    case 'start':
    case 'block-end':
      return true;
    case 'usage':
      return isObject(value.usage);
    case 'finish':
      return typeof value.reason === 'string' && isObject(value.usage);
    case 'block-start':
      return isObject(value.block) && typeof value.block.kind === 'string';
    case 'block-delta':
      return isObject(value.delta) && typeof value.delta.kind === 'string';
    default:
      return false;
  }
}

/** Pieces of one block in a row are one piece: who looks at an answer that is all here need not see it come. */
export function folded(events: readonly ChatEvent[]): readonly ChatEvent[] {
  const all: ChatEvent[] = [];
  for (const event of events) {
    const last = all.at(-1);
    const joined =
      event.type === 'block-delta' && last?.type === 'block-delta'
        ? joinedDelta(last.delta, event.delta)
        : null;
    if (joined === null || event.type !== 'block-delta') all.push(event);
    else all[all.length - 1] = { ...event, delta: joined };
  }
  return all;
}

function joinedDelta(a: BlockDelta, b: BlockDelta): BlockDelta | null {
  if (a.kind === 'text' && b.kind === 'text') return { kind: 'text', text: a.text + b.text };
  if (a.kind === 'reasoning' && b.kind === 'reasoning')
    return { kind: 'reasoning', text: a.text + b.text };
  if (a.kind === 'arguments' && b.kind === 'arguments')
    return { kind: 'arguments', json: a.json + b.json };
  return null;
}
