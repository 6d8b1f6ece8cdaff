// An answer as it stands in Redis: a line that scripts can read, of which nothing can be told, then the answer, sealed where
// there is a master key.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import { type AnswerSealing, closeAnswer, openAnswer } from '../answer-seal.ts';
import { answerText, readAnswerText } from '../answer-text.ts';
import { marksOf } from '../owner-marks.ts';

const VERSION = '1';
const SEALED = '!';
/** The words of the line: version, the number of the last drop that was known, and what it is dropped by. */
export function packAnswer(
  sealing: AnswerSealing,
  key: string,
  gen: string,
  answer: CachedAnswer,
): string {
  const closed = closeAnswer(sealing, key, answerText(answer));
  const { owner, model } = answer;
  const value =
    typeof closed === 'string' ? closed : SEALED + Buffer.from(closed).toString('base64');
  return `${VERSION} ${gen} ${marksOf({ ...owner, model }).join(' ')}\n${value}`;
}

export type Unpacked =
  | { readonly ok: true; readonly gen: string; readonly answer: CachedAnswer }
  | { readonly ok: false; readonly why: 'no-key' | 'unreadable' };

export function unpackAnswer(sealing: AnswerSealing, key: string, packed: string): Unpacked {
  const end = packed.indexOf('\n');
  const [version, gen = ''] = packed.slice(0, end).split(' ', 2);
  if (end < 0 || version !== VERSION) return { ok: false, why: 'unreadable' };
  const isSealed = packed.startsWith(SEALED, end + 1);
  const value = isSealed ? Buffer.from(packed.slice(end + 2), 'base64') : packed.slice(end + 1);
  const opened = openAnswer(sealing, key, value);
  if (!opened.ok) return { ok: false, why: opened.why === 'no-key' ? 'no-key' : 'unreadable' };
  const answer = readAnswerText(opened.text);
  return answer === null ? { ok: false, why: 'unreadable' } : { ok: true, gen, answer };
}
