// Where an answer goes on from: a beginning of it that stands in the request, as a last assistant message or before a user
// turn that asks to go on. Pure: what the model would have said decides, so that a seam can be checked to the letter.
import { type Ask, Refused } from './ask.ts';
import type { Behaviour } from './behaviour.ts';

/** What a wire makes of a last assistant message, where no word says. `afresh`: it answers as if that were a finished turn. */
export type Prefill = 'native' | 'marked' | 'prefix' | 'afresh' | 'refused';

/** One turn of a request, as far as going on is concerned. */
export interface SaidTurn {
  readonly role: 'user' | 'assistant' | 'other';
  readonly text: string;
  /** It calls tools, so that it is over. */
  readonly calls: boolean;
}

/** A place an answer can go on from. */
export interface Place {
  /** The ask that is being answered. */
  readonly ask: Ask;
  /** What the model says, given all it would have said. */
  say(whole: string): string;
}

const PREAMBLE = 'Sure, here is the rest:\n\n';
const UNRELATED = 'I am not sure what you mean (simulated). What is it that I can help you with?';
/** A quotation shorter than this may stand in any request by chance; after a whole answer, most do. */
const MIN_QUOTE = 12;
const MIN_QUOTE_OF_WHOLE = 24;

/** What the request says of earlier words of this answer. `before` reads it without its last `n` turns. */
export function beginningIn(
  turns: readonly SaidTurn[],
  marked: boolean,
  before: (n: number) => Ask,
): Pick<Ask, 'opening' | 'continuation'> {
  const last = turns.at(-1);
  if (last?.role === 'assistant' && !last.calls && last.text !== '')
    return { opening: { text: last.text, marked, before: () => before(1) }, continuation: null };
  const said = turns.at(-2);
  if (last?.role !== 'user' || said?.role !== 'assistant' || said.calls || said.text === '')
    return { opening: null, continuation: null };
  const continuation = { said: said.text, request: last.text, before: () => before(2) };
  return { opening: null, continuation };
}

/** Why the vendor does not take a last assistant message, where it does not. */
export function refuseOpening({ opening }: Ask, prefill: Prefill): Refused | null {
  if (opening === null) return null;
  if (prefill === 'refused')
    return new Refused(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  return prefill === 'prefix' && !opening.marked
    ? new Refused(
        'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
      )
    : null;
}

/**
 * The place to go on from, if there is one.
 * @param wholeText all that the model would say to an ask, at one go
 */
export function placeIn(
  ask: Ask,
  behaviour: Behaviour,
  prefill: Prefill,
  wholeText: (ask: Ask) => string,
): Place | null {
  const { opening, continuation } = ask;
  // An answer that is held to a format is written from its beginning, whatever stands before it.
  if (ask.json !== null) return null;
  if (opening !== null) {
    if (prefill === 'afresh' || (prefill !== 'native' && !opening.marked)) return null;
    const asked = within(ask, opening.before());
    return { ask: asked, say: (whole) => native(whole, opening.text, prefill) };
  }
  if (continuation === null) return null;
  const { said, request } = continuation;
  const quoted = quotedEnd(said, request);
  if (quoted.length < Math.min(MIN_QUOTE, said.length)) return null;
  const asked = within(ask, continuation.before());
  const whole = wholeText(asked);
  const isWhole = said.length >= whole.trimEnd().length;
  if (!whole.startsWith(said) || (isWhole && quoted.length < MIN_QUOTE_OF_WHOLE)) return null;
  return { ask: asked, say: (whole) => goOn(whole, said, quoted, behaviour.resume) };
}

/** The earlier ask, with what goes by the request as it came: its size. */
function within(ask: Ask, before: Ask): Ask {
  const { promptTokens, segments } = ask;
  return { ...before, promptTokens, segments };
}

/** The provider's own continuation begins exactly after the given words; Mistral's repeats them. */
function native(whole: string, opening: string, prefill: Prefill): string {
  const rest = whole.startsWith(opening) ? whole.slice(opening.length) : whole;
  return prefill === 'prefix' ? opening + rest : rest;
}

function goOn(whole: string, said: string, quoted: string, resume: Behaviour['resume']): string {
  const rest = whole.slice(said.length);
  switch (resume.how) {
    case 'exact':
      return rest;
    case 'quote':
      return quoted + rest;
    case 'repeat':
      return lastWords(said, resume.words) + rest;
    case 'restart':
      return whole;
    case 'preamble':
      return PREAMBLE + quoted + rest;
    case 'ignore':
      return UNRELATED;
  }
}

/** The longest end of what was said that the request quotes. */
function quotedEnd(said: string, request: string): string {
  let known = 0;
  let unknown = said.length + 1;
  // If an end is quoted, so are all shorter ones.
  while (unknown - known > 1) {
    const length = (known + unknown) >> 1;
    if (request.includes(said.slice(-length))) known = length;
    else unknown = length;
  }
  return said.slice(said.length - known);
}

function lastWords(said: string, count: number): string {
  const words = said.match(/\s*\S+/g) ?? [];
  return words.slice(Math.max(0, words.length - count)).join('');
}
