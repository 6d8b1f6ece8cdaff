// readAnswer: a kept answer as what its provider's would have been once it was read; null where it makes none.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { ChatEvent } from '../../core/event.ts';
import { UPSTREAM_DIALECTS } from '../../dialects/index.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { SseParser } from '../../lib/sse.ts';
import type { DecodedFrame } from '../upstream-stream.ts';
import { folded, isFinished, readEvents } from './kept-events.ts';

export type ReadAnswer =
  | { readonly form: 'frames'; readonly frames: readonly DecodedFrame[] }
  | { readonly form: 'reply'; readonly body: JsonObject; readonly events: readonly ChatEvent[] }
  | { readonly form: 'events'; readonly events: readonly ChatEvent[] };

/** What is read and was not taken yet: a stream's frames are many times their text, and of use once as a rule. */
const untaken = new WeakMap<CachedAnswer, ReadAnswer>();
/** What every request that is given it looks at. Null: it makes no answer. */
const stories = new WeakMap<CachedAnswer, readonly ChatEvent[] | null>();

/** Its events, as few as say the same; null where it makes no answer. Read once, however often it is given. */
export function storyOf(kept: CachedAnswer): readonly ChatEvent[] | null {
  const known = stories.get(kept);
  if (known !== undefined) return known;
  const answer = read(kept);
  const story = answer === null ? null : folded(eventsOf(answer));
  stories.set(kept, story);
  if (answer !== null) untaken.set(kept, answer);
  return story;
}

/** All of it. */
export function takeAnswer(kept: CachedAnswer): ReadAnswer | null {
  const answer = untaken.get(kept);
  untaken.delete(kept);
  return answer ?? read(kept);
}

export function eventsOf(answer: ReadAnswer): readonly ChatEvent[] {
  return answer.form === 'frames' ? answer.frames.flatMap(({ events }) => events) : answer.events;
}

function read(kept: CachedAnswer): ReadAnswer | null {
  try {
    return parsed(kept);
  } catch {
    return null;
  }
}

function parsed({ wire, form, text }: CachedAnswer): ReadAnswer | null {
  const dialect = UPSTREAM_DIALECTS[wire];
  if (form === 'frames') {
    const parser = new SseParser();
    const decoder = dialect.decoder();
    const frames: DecodedFrame[] = [...parser.push(text), ...parser.end()].map((frame) => ({
      frame,
      events: decoder.push(frame),
    }));
    frames.push({ frame: null, events: decoder.end() });
    const answer = { form, frames } as const;
    return isFinished(eventsOf(answer)) ? answer : null;
  }
  const value: unknown = JSON.parse(text);
  if (form === 'events') {
    const events = readEvents(value);
    return events === null ? null : { form, events };
  }
  if (form !== 'reply' || !isObject(value)) return null;
  const events = dialect.decodeReply(value);
  return isFinished(events) ? { form, body: value, events } : null;
}
