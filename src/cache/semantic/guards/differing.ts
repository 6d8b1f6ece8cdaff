// Of what two prompts are about: what each has and the other has not.
import type { Reading } from './reading.ts';

export interface Differing {
  readonly asked: readonly string[];
  readonly known: readonly string[];
  readonly all: readonly string[];
}

export function differing(asked: Reading, known: Reading): Differing {
  const one = without(asked.content, known.content);
  const other = without(known.content, asked.content);
  return { asked: one, known: other, all: [...one, ...other] };
}

function without(words: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return words.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
