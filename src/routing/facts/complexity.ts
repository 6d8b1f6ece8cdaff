// complexity: how hard the last thing a user typed looks, 0..1. How it is made, and what it is worth: docs/complexity.md.
import type { Turn } from '../../core/survey.ts';
import { once } from '../../lib/once.ts';
import file from './complexity.generated.json' with { type: 'json' };
import { type ComplexityWeights, readComplexity, scoreOf } from './complexity-model.ts';

/** Of so few words, a turn that follows another is about that one: "and now without recursion". */
const FOLLOW_UP_WORDS = 8;
/** What a follow-up keeps of the difficulty of what it follows. */
const KEPT = 0.7;
const MOST_FOLLOWED = 3;
/** These ask for nothing, whatever they follow. */
const COURTESY =
  /^\s*(?:hi|hello|hey|thanks?|thank you|thx|ok(?:ay)?|great|perfect|bye|danke|merci|gracias|obrigad[oa]|grazie|спасибо|谢谢|ありがとう)\b[^\n?]{0,24}$/iu;

const weights = once((): ComplexityWeights => {
  const terms = Buffer.from(file.terms, 'base64');
  const termWeights = Buffer.from(file.termWeights, 'base64');
  return {
    ...file,
    terms: new Uint32Array(terms.buffer.slice(terms.byteOffset, terms.byteOffset + terms.length)),
    termWeights: new Int8Array(termWeights),
  };
});

/** 0 where nobody typed anything. */
export function complexityOf(turns: readonly Turn[]): number {
  const typed = lastTyped(turns);
  const last = typed[0];
  if (last === undefined) return 0;
  let score = textComplexity(last);
  if (!isShort(last) || COURTESY.test(last)) return score;
  let kept = KEPT;
  for (const earlier of typed.slice(1)) {
    score = Math.max(score, kept * textComplexity(earlier));
    // What a follow-up followed may be one itself; a whole question is not looked behind.
    if (!isShort(earlier)) break;
    kept *= KEPT;
  }
  return score;
}

/** 0..1, of one text alone. */
export function textComplexity(text: string): number {
  if (text.trim() === '') return 0;
  return scoreOf(readComplexity(text, weights()), weights());
}

/** The latest first. */
function lastTyped(turns: readonly Turn[]): string[] {
  const found: string[] = [];
  for (let at = turns.length - 1; at >= 0 && found.length <= MOST_FOLLOWED; at--) {
    const typed = turns[at]?.typed ?? null;
    if (typed !== null && typed !== '') found.push(typed);
  }
  return found;
}

function isShort(text: string): boolean {
  return text.length < 200 && (text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) <= FOLLOW_UP_WORDS;
}
