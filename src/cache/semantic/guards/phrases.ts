// Phrases as one word each, whatever stands in the table. Matched after the endings are off.
import { PHRASES } from './phrase-table.ts';
import { stemOf } from './stem.ts';

interface Phrase {
  readonly words: readonly string[];
  readonly becomes: readonly string[];
}

const byFirst = new Map<string, Phrase[]>();
for (const line of PHRASES.trim().split('\n')) {
  const [to = '', all = ''] = line.split('<');
  const becomes = to.trim() === '' ? [] : to.trim().split(' ').map(stemOf);
  for (const from of all.split('|')) {
    const words = from.trim().split(' ').map(stemOf);
    const first = words[0] ?? '';
    const phrases = [...(byFirst.get(first) ?? []), { words, becomes }];
    byFirst.set(
      first,
      phrases.sort((a, b) => b.words.length - a.words.length),
    );
  }
}

/** The words with every phrase as one. Takes and gives stems. */
export function withPhrases(stems: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < stems.length; ) {
    const phrase = byFirst.get(stems[at] ?? '')?.find((one) => startsAt(stems, at, one.words));
    if (phrase === undefined) out.push(stems[at] ?? '');
    else out.push(...phrase.becomes);
    at += phrase === undefined ? 1 : phrase.words.length;
  }
  return out;
}

function startsAt(stems: readonly string[], at: number, words: readonly string[]): boolean {
  return words.every((word, index) => stems[at + index] === word);
}
