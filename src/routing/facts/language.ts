// languageOf: the language a user writes in, as ISO 639-1 (`es`). The library behind it is loaded only where a router asks for it.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Turn } from '../../core/survey.ts';
import { SHORT_WORDS } from './short-words.ts';

interface Detector {
  detect(text: string): { readonly language: string; isReliable(): boolean };
}

/** The beginning of a turn tells as much as the whole. */
const MOST_LOOKED_AT = 1_000;
/** Turns before the last that are looked at where the last one does not tell. */
const MOST_EARLIER = 8;
/** Two letters are no word of any language in particular; a sign of Chinese is a word. */
const LEAST_LETTERS = 3;
const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;
const ADDRESS = /@|:\/\//;
const LETTERS = /\p{L}/gu;
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
/** One name for two close languages: most who write either write Indonesian. */
const SAME: { readonly [language: string]: string } = { ms: 'id' };

let detector: Detector | null = null;

/** Loads what finds languages: some 200 ms and 100 MB, once, when a router that reads `language` is put in force. */
export function loadLanguageDetector(): void {
  if (detector !== null) return;
  // It has an address for imports only, which cannot be loaded at once.
  const path = fileURLToPath(import.meta.resolve('eld/small'));
  detector = (createRequire(import.meta.url)(path) as { readonly eld: Detector }).eld;
}

/** Of the last thing a user typed or, where that is too short to tell, of what was typed before it; '' where nothing tells. */
export function languageOf(turns: readonly Turn[]): string {
  let together = '';
  let looked = 0;
  for (let at = turns.length - 1; at >= 0 && looked <= MOST_EARLIER; at--) {
    const typed = turns[at]?.typed ?? null;
    if (typed === null) continue;
    looked++;
    together = together === '' ? prose(typed) : `${together}\n${prose(typed)}`;
    const found = textLanguage(together);
    if (found !== '') return found;
    if (together.length >= MOST_LOOKED_AT) return '';
  }
  return '';
}

function textLanguage(text: string): string {
  const word = SHORT_WORDS.get(
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{M}' ]+/gu, '')
      .trim(),
  );
  if (word !== undefined) return word;
  if ((text.match(LETTERS)?.length ?? 0) < LEAST_LETTERS && !DENSE.test(text)) return '';
  loadLanguageDetector();
  const found = detector?.detect(text);
  if (found === undefined) return '';
  // A script of its own tells enough, however short the text.
  if (!found.isReliable() && /\p{Script=Latin}/u.test(text)) return '';
  return SAME[found.language] ?? found.language;
}

/** What somebody wrote in a language: without code and addresses. */
function prose(typed: string): string {
  return typed
    .slice(0, 4 * MOST_LOOKED_AT)
    .replace(CODE, ' ')
    .split(/\s/)
    .filter((word) => !ADDRESS.test(word))
    .join(' ')
    .slice(0, MOST_LOOKED_AT)
    .trim();
}
