// commandAt: the slash command a typed text begins with: what one looks like, and which of those that count it means.

export interface Command {
  /** As it is known, without its slash. */
  readonly name: string;
  /** Characters it takes, its slash among them. */
  readonly length: number;
}

/** Counts with everybody, in any case: back to the route a request takes without a command. */
export const RESET = 'model';

/** `/review` and what follows it. Not `/usr/bin`: a name ends at white space or with the text. */
const COMMAND = /^\/([a-z][a-z0-9_-]{0,63})(?=\s|$)/i;

/**
 * Null where there is none that counts. Case does not matter: the name is spelt as it is known, exactly so where that is known too.
 * @param text without white space before it
 * @param known the commands that count; null: whatever looks like one, in lower case
 */
export function commandAt(text: string, known: ReadonlySet<string> | null): Command | null {
  const written = COMMAND.exec(text)?.[1];
  if (written === undefined) return null;
  const name = meant(written, known);
  return name === null ? null : { name, length: written.length + 1 };
}

function meant(written: string, known: ReadonlySet<string> | null): string | null {
  const lower = written.toLowerCase();
  if (lower === RESET) return RESET;
  if (known === null) return lower;
  if (known.has(written)) return written;
  if (known.has(lower)) return lower;
  for (const name of known) if (name.toLowerCase() === lower) return name;
  return null;
}
