// Simulated tokens: deterministic pieces of text, and counts that agree however a reply is read.

/** How many tokens a text of so many characters counts as, in a prompt. */
export function countChars(chars: number): number {
  return Math.ceil(chars / 4);
}

// A word, or what fits in a token of a long one, with the white space before it. By code point: no piece splits a character.
const PIECE = /\s*\S{1,9}|\s+$/gu;

/** The text in pieces: one is one token of output. Joined they are the text. */
export function pieces(text: string): readonly string[] {
  return text.match(PIECE) ?? [];
}

const numbered = new Map<number, readonly string[]>();
const INTRO = pieces(
  "This is a simulated answer from Switchyard's built-in provider. It goes on by counting its tokens:",
);

/** Exactly `n` pieces; from the end of the first sentence each says its own number, so that a gap or a repeat shows. */
export function numberedPieces(n: number): readonly string[] {
  let found = numbered.get(n);
  if (!found) {
    found = Array.from({ length: n }, (_, index) => INTRO[index] ?? ` ${index + 1}`);
    if (numbered.size > 100) numbered.clear();
    numbered.set(n, found);
  }
  return found;
}

const THOUGHT = pieces(
  'This is simulated reasoning. The question asks for an answer, so one will be given.',
);

/** Exactly `n` pieces of reasoning. */
export function thoughtPieces(n: number): readonly string[] {
  return Array.from({ length: n }, (_, index) => THOUGHT[index] ?? ` step ${index + 1}.`);
}
