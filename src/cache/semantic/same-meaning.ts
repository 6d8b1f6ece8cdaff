// Whether two prompts that look alike ask the same.
import type { Verdict } from './meaning.ts';

export function verdictOf(asked: string, known: string): Verdict {
  return words(asked) === words(known) ? { same: true } : { same: false, guard: 'detail' };
}

function words(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s?!.,]+/g, ' ')
    .trim();
}
