// InjectedFault: a failure an operator asks for, so that a fallback can be rehearsed while every provider is well.
import { invalid } from './errors.ts';

/** How an attempt fails. `after` counts pieces of content: deltas of text, of reasoning, of tool arguments. */
export type InjectedFault =
  /** The provider answers with this status; it is not asked. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterS: number | null }
  /** Nobody listens there; it is not asked. */
  | { readonly kind: 'refused' }
  /** No connection in time, told at once; it is not asked. */
  | { readonly kind: 'timeout' }
  /** Its answer is held back before its first piece; `ms` null: for ever. */
  | { readonly kind: 'ttft'; readonly ms: number | null }
  /** Nothing more comes, and the connection stays open. */
  | { readonly kind: 'stall'; readonly after: number }
  /** The connection breaks off. */
  | { readonly kind: 'cut'; readonly after: number }
  /** The provider sends an error in the middle of its answer. */
  | { readonly kind: 'error'; readonly after: number }
  /** Every piece comes so much later than the one before it. */
  | { readonly kind: 'slow'; readonly ms: number };

/** Which attempts of one request fail, and how. */
export interface InjectedFaults {
  /** By the attempt's number, from 1. */
  readonly byAttempt: ReadonlyMap<number, InjectedFault>;
  /** Of every attempt that has none of its own. */
  readonly ofAll: InjectedFault | null;
}

/** The fault of this attempt, counted from 1; null: it is left alone. */
export function faultOf(
  { byAttempt, ofAll }: InjectedFaults,
  attempt: number,
): InjectedFault | null {
  return byAttempt.get(attempt) ?? ofAll;
}

const GRAMMAR =
  'Write N=FAULT, several with commas between them; N is the number of the attempt or * for all, and 1 where "N=" is left out. ' +
  'FAULT is status:CODE[:RETRY_AFTER_S], refused, timeout, ttft[:MS], stall[:K], cut[:K], error[:K] or slow:MS; K counts pieces of the answer.';

const USUAL_PIECES = 10;
const MAX = { attempt: 1000, retryAfterS: 86_400, ms: 3_600_000, pieces: 1_000_000 } as const;

/** Reads `1=status:503, 2=cut:20`. Throws `invalid_request` naming `place`, the entry that is wrong, and the grammar. */
export function readInjectedFaults(text: string, place: string): InjectedFaults {
  const byAttempt = new Map<number, InjectedFault>();
  let ofAll: InjectedFault | null = null;
  for (const [index, part] of text.split(',').entries()) {
    const entry = part.trim();
    const wrong = (problem: string) =>
      invalid(place, `entry ${index + 1} (${quoted(entry)}): ${problem}. ${GRAMMAR}`);
    if (entry === '') throw wrong('there is nothing in it');
    const equals = entry.indexOf('=');
    const who = equals === -1 ? '1' : entry.slice(0, equals).trim();
    const fault = readFault(entry.slice(equals + 1).trim(), wrong);
    const attempt = who === '*' ? '*' : numberIn(who, 1, MAX.attempt);
    if (attempt === null)
      throw wrong(`${quoted(who)} is neither * nor a number from 1 to ${MAX.attempt}`);
    const taken = attempt === '*' ? ofAll !== null : byAttempt.has(attempt);
    if (taken) throw wrong(`${quoted(who)} has a fault already`);
    if (attempt === '*') ofAll = fault;
    else byAttempt.set(attempt, fault);
  }
  return { byAttempt, ofAll };
}

type Wrong = (problem: string) => Error;

function readFault(text: string, wrong: Wrong): InjectedFault {
  const [kind = '', ...values] = text.split(':').map((part) => part.trim());
  const take = (most: number) => {
    if (values.length > most)
      throw wrong(most === 0 ? `"${kind}" takes no number` : `"${kind}" takes at most ${most}`);
  };
  const number = (at: number, name: string, min: number, max: number): number | null => {
    const value = values[at];
    if (value === undefined) return null;
    const read = numberIn(value, min, max);
    if (read === null)
      throw wrong(`${name} must be a whole number from ${min} to ${max}, not ${quoted(value)}`);
    return read;
  };
  switch (kind) {
    case 'status': {
      take(2);
      const status = number(0, 'CODE', 400, 599);
      if (status === null) throw wrong('"status" needs a CODE');
      return { kind, status, retryAfterS: number(1, 'RETRY_AFTER_S', 0, MAX.retryAfterS) };
    }
    case 'refused':
    case 'timeout':
      take(0);
      return { kind };
    case 'ttft':
      take(1);
      return { kind, ms: number(0, 'MS', 0, MAX.ms) };
    case 'stall':
    case 'cut':
    case 'error':
      take(1);
      return { kind, after: number(0, 'K', 0, MAX.pieces) ?? USUAL_PIECES };
    case 'slow': {
      take(1);
      const ms = number(0, 'MS', 0, MAX.ms);
      if (ms === null) throw wrong('"slow" needs MS');
      return { kind, ms };
    }
    default:
      throw wrong(`${quoted(kind)} is no fault`);
  }
}

/** Null where it is no whole number in that range, written in digits. */
function numberIn(text: string, min: number, max: number): number | null {
  if (!/^\d{1,9}$/.test(text)) return null;
  const number = Number(text);
  return number >= min && number <= max ? number : null;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
