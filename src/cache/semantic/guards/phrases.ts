// Phrases as one word each, whatever stands in the table. Matched after the endings are off.
import { PHRASES } from './phrase-table.ts';
import { formOf, type Shape, stemOf } from './stem.ts';

interface Phrase {
  readonly words: readonly string[];
  /** The endings it has in the table: those are its own. */
  readonly endings: readonly string[];
  readonly becomes: readonly string[];
}

const byFirst = new Map<string, Phrase[]>();
for (const line of PHRASES.trim().split('\n')) {
  const [to = '', all = ''] = line.split('<');
  const becomes = to.trim() === '' ? [] : to.trim().split(' ').map(stemOf);
  for (const from of all.split('|')) {
    const written = from.trim().split(' ');
    const words = written.map(stemOf);
    const first = words[0] ?? '';
    const phrase = { words, endings: written.map(formOf), becomes };
    byFirst.set(
      first,
      [...(byFirst.get(first) ?? []), phrase].sort((a, b) => b.words.length - a.words.length),
    );
  }
}

/** The words with every phrase as one, with the ending that its words have beyond its own. */
export function withPhrases(shapes: readonly Shape[]): Shape[] {
  const out: Shape[] = [];
  for (let at = 0; at < shapes.length; ) {
    const shape = shapes[at] ?? { stem: '', ending: '' };
    const phrase = byFirst.get(shape.stem)?.find((one) => startsAt(shapes, at, one.words));
    if (phrase === undefined) out.push(shape);
    else
      out.push(...phrase.becomes.map((stem) => ({ stem, ending: endingOf(shapes, at, phrase) })));
    at += phrase === undefined ? 1 : phrase.words.length;
  }
  return out;
}

function endingOf(shapes: readonly Shape[], at: number, { endings }: Phrase): string {
  return endings
    .map((own, index) => {
      const ending = shapes[at + index]?.ending ?? '';
      return ending === own ? '' : ending;
    })
    .join('');
}

function startsAt(shapes: readonly Shape[], at: number, words: readonly string[]): boolean {
  return words.every((word, index) => shapes[at + index]?.stem === word);
}
