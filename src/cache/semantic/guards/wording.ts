// Guard: prompts about words themselves. To translate, to spell, to correct: there every word counts, and none stands for another.
import { EMPTY } from './function-words.ts';
import type { Reading } from './reading.ts';

const ABOUT_WORDS =
  /\b(?:translat\w+|grammar|grammatical\w*|correct (?:this|the|my|following)|proofread\w*|spell\w*|pronounc\w+|rhym\w+|synonyms?|antonyms?|etymology|plural|singular|tenses?|syllables?|letters? are|letters? in|conjugat\w+|sentences?|words?|rewrit\w+|rephras\w+|paraphras\w+|phrase|say|slang|pun|opposite|contractions?|punctuat\w*|capitali[sz]\w*|title case|upper ?case|lower ?case|repeat|exactly|commas?|british english|american english|puns|anagrams?|palindromes?)\b/;
const MEANING = /\b(?:means?|meant|meaning|definition|define|term)\b/;
const QUOTED = /"[^"]+"|“[^”]+”|`[^`]+`|'[^']{2,}'(?!\w)/g;
/** What follows is what it is to be done with. */
const COLON = /:\s/;

export function wordingDiffers(asked: Reading, known: Reading): boolean {
  if (quotedIn(asked) !== quotedIn(known)) return true;
  if (afterColon(asked) !== afterColon(known)) return true;
  if (isAny(COLON, asked.raw, known.raw)) return bareOf(asked) !== bareOf(known);
  if (isAny(ABOUT_WORDS, asked.frame.bare, known.frame.bare)) return asked.plain !== known.plain;
  return (
    isAny(MEANING, asked.frame.bare, known.frame.bare) &&
    plainContent(asked) !== plainContent(known)
  );
}

function isAny(pattern: RegExp, one: string, other: string): boolean {
  return pattern.test(one) || pattern.test(other);
}

function quotedIn({ raw }: Reading): string {
  return (raw.match(QUOTED) ?? []).map((quoted) => quoted.slice(1, -1)).join('\n');
}

function afterColon({ raw }: Reading): string {
  const at = raw.search(COLON);
  return at < 0 ? '' : raw.slice(at);
}

/** How it is asked may differ, not what follows. */
function bareOf({ frame }: Reading): string {
  return `${frame.kind === 'none' || frame.kind === 'wish' ? 'do' : frame.kind} ${frame.rest}`;
}

function plainContent({ frame }: Reading): string {
  return frame.rest
    .split(' ')
    .filter((word) => !EMPTY.has(word) && !MEANING.test(word))
    .join(' ');
}
