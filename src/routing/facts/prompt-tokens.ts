// promptTokens: about how many tokens a prompt has, by looking at its letters: cheap, linear and bounded whatever its size.
// On recorded prompts it errs as tokenx does (17 % on average from 300 tokens on, more on short ones, whose makers add prompts
// of their own), in a fifteenth of its time.
import type { Survey } from '../../core/survey.ts';

/** What a turn's role and borders cost, roughly, with every maker. */
const PER_TURN = 4;
/** An image of ordinary size; how many there are and how large is not known here. */
const IMAGES = 1_000;
/** Characters of all turns that are looked at; of longer prompts, samples spread evenly. */
const MOST_LOOKED_AT = 24_000;
const SAMPLE = 512;
/** Characters a token, where no more is known. */
const CHARACTERS = 4;
/** Characters a token of JSON text: names, braces and quotes are short tokens. */
const JSON_CHARACTERS = 4.2;

/** @param jsonCharacters the length of what counts as prompt beside the turns, as JSON: schemas, calls of tools */
export function promptTokensOf(
  { turns, images }: Pick<Survey, 'turns' | 'images'>,
  jsonCharacters: number,
): number {
  let length = 0;
  for (const { text } of turns) length += text.length;
  const more = turns.length * PER_TURN + (images ? IMAGES : 0) + jsonCharacters / JSON_CHARACTERS;
  return Math.max(1, Math.ceil(tokensOf(turns, length) + more));
}

function tokensOf(turns: Survey['turns'], length: number): number {
  let tokens = 0;
  if (length <= MOST_LOOKED_AT) {
    for (const { text } of turns) tokens += counted(text, 0, text.length);
    return tokens;
  }
  const share = MOST_LOOKED_AT / length;
  let looked = 0;
  let owed = 0;
  for (const { text } of turns) {
    owed += text.length * share;
    const size = Math.min(text.length, SAMPLE);
    const samples = Math.floor(owed / (size || 1));
    if (size === 0 || samples === 0) continue;
    const step = (text.length - size) / samples;
    for (let sample = 0; sample < samples; sample++) {
      const from = Math.floor((sample + 0.5) * step);
      tokens += counted(text, from, from + size);
    }
    looked += samples * size;
    owed -= samples * size;
  }
  return looked === 0 ? length / CHARACTERS : (tokens * length) / looked;
}

const BLANK = 0;
const LETTER = 1;
const DIGIT = 2;
const SIGN = 3;
/** Letters beyond ASCII: accents, Cyrillic, Greek, Arabic, … */
const FOREIGN = 4;
/** A sign for a syllable or a word: Chinese, Japanese, Korean; emoji too. */
const DENSE = 5;

/** Letters a token within a word, beyond its first. */
const LETTERS = 6.5;
const DIGITS = 3;
const SIGNS = 1.6;
const FOREIGN_LETTERS = 2.6;
const DENSE_TOKENS = 0.85;

/** A word and the blank before it are a token or a few; so is a number, a run of signs. */
function counted(text: string, from: number, to: number): number {
  let tokens = 0;
  let kind = BLANK;
  let run = 0;
  for (let at = from; at <= to; at++) {
    const next = at === to ? BLANK : kindOf(text.charCodeAt(at));
    if (next === kind && at !== to) {
      run++;
      continue;
    }
    tokens += tokensOfRun(kind, run);
    kind = next;
    run = 1;
  }
  return tokens;
}

function tokensOfRun(kind: number, run: number): number {
  switch (kind) {
    case LETTER:
      return run <= LETTERS ? 1 : run / LETTERS;
    case DIGIT:
      return Math.ceil(run / DIGITS);
    case SIGN:
      return Math.max(0.8, run / SIGNS);
    case FOREIGN:
      return Math.max(1, run / FOREIGN_LETTERS);
    case DENSE:
      return run * DENSE_TOKENS;
    default:
      // One blank belongs to what follows it; more are an indentation.
      return run > 1 ? 1 : 0;
  }
}

function kindOf(code: number): number {
  if (code <= 32) return BLANK;
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) return LETTER;
  if (code >= 48 && code <= 57) return DIGIT;
  if (code < 128) return SIGN;
  if (code < 0x2000) return FOREIGN;
  return code < 0x2e80 ? SIGN : DENSE;
}
