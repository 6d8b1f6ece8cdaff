// answerToKeep: a finished answer as it is kept, where it may be given again at all.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { CallerDialectId } from '../../core/dialect.ts';
import type { ChatEvent } from '../../core/event.ts';
import type { Exchange } from '../../core/exchange.ts';
import { isCallerWire } from '../../dialects/index.ts';
import { parseJson } from '../../lib/json.ts';
import type { Answered, WholeAnswer } from '../attempt.ts';
import type { CachePolicy } from './policy.ts';
import type { Tape } from './tape.ts';

/** Ends of answers that say all there was to say. */
const WHOLE: ReadonlySet<string> = new Set(['stop', 'tool-calls']);

export interface Finished {
  readonly exchange: Exchange;
  /** The dialect of its request. */
  readonly askedIn: CallerDialectId;
  readonly answered: Pick<Answered, 'dialect' | 'plain'>;
  readonly content: Tape | Pick<WholeAnswer, 'text' | 'body' | 'events'>;
  /** It has the shape that was asked for, or none was. */
  readonly valid: boolean;
}

/** Null: it is given to nobody else. */
export function answerToKeep(
  { exchange, askedIn, answered, content, valid }: Finished,
  { owner, ttlMs }: CachePolicy,
  now: number,
): CachedAnswer | null {
  const { model, provider, finishReason, outcome, attempts, resumed } = exchange;
  // One whose caller left is as good as any, where it went on for others.
  if (model === null || provider === null || outcome === 'error' || !valid || resumed) return null;
  if (finishReason === null || !WHOLE.has(finishReason)) return null;
  if (attempts.some(({ injected }) => injected)) return null;
  const told = contentOf(content, answered);
  if (told === null) return null;
  return {
    id: exchange.id,
    owner,
    model,
    provider,
    at: now,
    expiresAt: now + ttlMs,
    wire: answered.dialect.id,
    askedIn,
    ...told,
    usage: exchange.usage,
    usageEstimated: exchange.usageEstimated,
    costNano: exchange.costNano,
    finishReason,
    losses: exchange.losses,
    simulated: exchange.simulated,
  };
}

type Content = Pick<CachedAnswer, 'form' | 'text' | 'timesMs'>;

function contentOf(
  content: Finished['content'],
  { dialect, plain }: Finished['answered'],
): Content | null {
  const asItCame = plain && isCallerWire(dialect.id);
  if ('events' in content) {
    const { text, body, events } = content;
    // One that was put together of a stream has a body only on its caller's own wire.
    const isHere = text !== '';
    if (!isAnswer(events) || (isHere && dialect.isWhole?.([body]) === false)) return null;
    if (asItCame && isHere) return { form: 'reply', text, timesMs: null };
    return { form: 'events', text: JSON.stringify(events), timesMs: null };
  }
  if (!content.isWhole) return null;
  const events = content.items.flatMap((item) => item.events);
  if (!isAnswer(events)) return null;
  const pieces = () =>
    content.items.flatMap(({ frame }) => (frame?.json === undefined ? [] : [frame.json]));
  if (dialect.isWhole?.(pieces()) === false) return null;
  if (asItCame && content.isOfFrames)
    return { form: 'frames', text: content.text(), timesMs: content.timesMs };
  const timesMs = timesOfEvents(content);
  return { form: 'events', text: JSON.stringify(events), timesMs };
}

/** Of each event, when the frame came that it was in. */
function timesOfEvents({ items, timesMs }: Tape): readonly number[] {
  let at = 0;
  let frames = 0;
  return items.flatMap(({ frame, events }) => {
    if (frame !== null) {
      at = timesMs[frames] ?? at;
      frames += 1;
    }
    return events.map(() => at);
  });
}

/** One that says nothing, declines to, or whose end its provider did not name, is better asked for again. */
function isAnswer(events: readonly ChatEvent[]): boolean {
  return (
    events.some(says) &&
    callsAreWhole(events) &&
    !events.some((event) => event.type === 'block-start' && event.block.kind === 'refusal') &&
    events.some((event) => event.type === 'finish' && event.raw !== null)
  );
}

/** Thoughts alone are no answer. */
function says(event: ChatEvent): boolean {
  if (event.type === 'block-start')
    return event.block.kind === 'tool-use' || event.block.kind === 'opaque';
  return event.type === 'block-delta' && event.delta.kind === 'text' && /\S/.test(event.delta.text);
}

/** Arguments nobody can read are a fault of this answer's. */
function callsAreWhole(events: readonly ChatEvent[]): boolean {
  let args: string | null = null;
  for (const event of events) {
    if (event.type === 'block-start')
      args = event.block.kind === 'tool-use' && !event.block.custom ? '' : null;
    else if (event.type === 'block-delta' && event.delta.kind === 'arguments')
      args = args === null ? null : args + event.delta.json;
    else if (event.type === 'block-end' && args) {
      if (args.trim() !== '' && parseJson(args) === undefined) return false;
      args = null;
    }
  }
  return true;
}
