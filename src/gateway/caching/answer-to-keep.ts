// answerToKeep: a finished answer as it is kept, where it may be given again at all.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { ChatEvent } from '../../core/event.ts';
import type { Exchange } from '../../core/exchange.ts';
import { isCallerWire } from '../../dialects/index.ts';
import type { Answered, WholeAnswer } from '../attempt.ts';
import type { CachePolicy } from './policy.ts';
import type { Tape } from './tape.ts';

/** Ends of answers that say all there was to say. */
const WHOLE: ReadonlySet<string> = new Set(['stop', 'tool-calls']);

export interface Finished {
  readonly exchange: Exchange;
  readonly answered: Pick<Answered, 'dialect' | 'plain'>;
  readonly content: Tape | Pick<WholeAnswer, 'text' | 'events'>;
  /** It has the shape that was asked for, or none was. */
  readonly valid: boolean;
}

/** Null: it is given to nobody else. */
export function answerToKeep(
  { exchange, answered, content, valid }: Finished,
  { owner, ttlMs }: CachePolicy,
  now: number,
): CachedAnswer | null {
  const { model, provider, finishReason, attempts, resumed } = exchange;
  if (model === null || provider === null || !valid || resumed) return null;
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
    ...told,
    usage: exchange.usage,
    usageEstimated: exchange.usageEstimated,
    costNano: exchange.costNano,
    finishReason,
    losses: exchange.losses,
    simulated: exchange.simulated,
  };
}

type Content = Pick<CachedAnswer, 'form' | 'text' | 'replyId' | 'timesMs'>;

function contentOf(
  content: Finished['content'],
  { dialect, plain }: Finished['answered'],
): Content | null {
  const asItCame = plain && isCallerWire(dialect.id);
  if ('events' in content) {
    const replyId = idOf(content.events);
    if (!isAnswer(content.events)) return null;
    if (asItCame) return { form: 'reply', text: content.text, replyId, timesMs: null };
    return { form: 'events', text: JSON.stringify(content.events), replyId, timesMs: null };
  }
  if (!content.isWhole) return null;
  const events = content.items.flatMap((item) => item.events);
  if (!isAnswer(events)) return null;
  const replyId = idOf(events);
  if (asItCame && content.isOfFrames)
    return { form: 'frames', text: content.text(), replyId, timesMs: content.timesMs };
  return { form: 'events', text: JSON.stringify(events), replyId, timesMs: null };
}

/** One that says nothing, or whose end its provider did not name, is better asked for again. */
function isAnswer(events: readonly ChatEvent[]): boolean {
  return (
    events.some(({ type }) => type === 'block-delta' || type === 'block-start') &&
    events.some((event) => event.type === 'finish' && event.raw !== null)
  );
}

function idOf(events: readonly ChatEvent[]): string | null {
  const start = events.find(({ type }) => type === 'start');
  return start?.type === 'start' ? start.id : null;
}
