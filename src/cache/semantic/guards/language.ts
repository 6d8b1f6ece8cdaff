// Guard: written in another language, or an answer wanted in another; programming languages are languages too.
import { differing } from './differing.ts';
import type { Reading } from './reading.ts';
import { LANGUAGES } from './vocabulary.ts';

export function languagesDiffer(asked: Reading, known: Reading): boolean {
  if (asked.isEnglish !== known.isEnglish) return true;
  return differing(asked, known).all.some((word) => LANGUAGES.has(word.replace('^', '')));
}
