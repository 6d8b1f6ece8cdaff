// What the simulated provider says of itself: models and words, as plain text.
import { MODELS } from './models.ts';
import type { Word } from './word.ts';
import { WORD_GROUPS } from './words.ts';

/** The word as it is written: `ttft=MS`, `reset[=K]`, `empty`. */
export function wordForm({ name, takes }: Word): string {
  if (takes === '') return name;
  return takes.startsWith('[') ? name + takes : `${name}=${takes}`;
}

/** Tables of models and words, 80 to 120 columns wide. */
export function helpText(): string {
  const models = MODELS.map(
    ({ id, words, says }) => `  ${id.padEnd(16)} ${says}${words === '' ? '' : `  (${words})`}`,
  );
  const groups = WORD_GROUPS.map(({ title, words }) => {
    const lines = words.map((word) => line(wordForm(word), word.says));
    return `${title}\n${lines.join('\n')}\n`;
  });
  return `Models\n${models.join('\n')}\n
Words follow a model's name after + (echo+ttft=300+tokens=50), or stand in the query, in an x-sim header,
in the key (sim-a+status=429) or in the base URL (http://HOST:PORT/+status=503/v1).\n
${groups.join('\n')}`;
}

/** Two columns; what is too long for the first has a line of its own. */
function line(form: string, says: string): string {
  return form.length > 28 ? `  ${form}\n${' '.repeat(31)}${says}` : `  ${form.padEnd(28)} ${says}`;
}
