// Whether two prompts that look alike ask the same. A wrong answer is far worse than one paid for twice: they do only
// where nothing is left on either side that could make a difference.
import { datesDiffer } from './guards/date.ts';
import { detailsDiffer } from './guards/detail.ts';
import { languagesDiffer } from './guards/language.ts';
import { namesDiffer } from './guards/name.ts';
import { negationsDiffer } from './guards/negation.ts';
import { numbersDiffer } from './guards/number.ts';
import { areTurnedRound } from './guards/opposite.ts';
import { orderDiffers } from './guards/order.ts';
import { questionsDiffer } from './guards/question.ts';
import { type Reading, readingOf } from './guards/reading.ts';
import { unitsDiffer } from './guards/unit.ts';
import { wordingDiffers } from './guards/wording.ts';
import type { Guard, Verdict } from './meaning.ts';

type Differs = (asked: Reading, known: Reading) => boolean;

/** The first that objects is named, so those that say most come first; `detail` sees everything the others see. */
const GUARDS: readonly (readonly [Guard, Differs])[] = [
  ['language', languagesDiffer],
  ['negation', negationsDiffer],
  ['number', numbersDiffer],
  ['unit', unitsDiffer],
  ['date', datesDiffer],
  ['opposite', areTurnedRound],
  ['name', namesDiffer],
  ['detail', detailsDiffer],
  ['order', orderDiffers],
  ['question', questionsDiffer],
  ['detail', wordingDiffers],
];

/** Pure, and the same whichever of the two is asked. */
export function verdictOf(asked: string, known: string): Verdict {
  const [one, other] = [readingOf(asked), readingOf(known)];
  // Code and data differ by a space already; other languages have words that no list here knows.
  if (one.isVerbatim || other.isVerbatim) return same(one.raw === other.raw);
  if (!one.isEnglish && !other.isEnglish) return same(one.plain === other.plain, 'language');
  for (const [guard, differs] of GUARDS) {
    if (differs(one, other)) return { same: false, guard };
  }
  if (!isTooShort(one) && !isTooShort(other)) return { same: true };
  return same(one.plain === other.plain);
}

/** "Yes", "continue", "2": mean what was said before. */
function isTooShort({ words, content }: Reading): boolean {
  return words.length < 3 || content.length === 0;
}

function same(isSame: boolean, guard: Guard = 'detail'): Verdict {
  return isSame ? { same: true } : { same: false, guard };
}
