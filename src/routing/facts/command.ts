// commandOf: the slash command in force: the last one somebody typed at the beginning of a turn.
import type { Turn } from '../../core/survey.ts';

/** `/review` and what follows it. Not `/usr/bin`: a name ends at a space or with the text. */
const COMMAND = /^\s{0,16}\/([a-z0-9][a-z0-9_-]{0,63})(?=\s|$)/i;
/** Ends the command in force: back to the route a request takes without one. */
const BACK = 'model';

/**
 * Without its slash, in lower case; '' when none is in force.
 * @param known the commands that count, in lower case; null: whatever looks like one
 */
export function commandOf(turns: readonly Turn[], known: ReadonlySet<string> | null): string {
  for (let at = turns.length - 1; at >= 0; at--) {
    const typed = turns[at]?.typed ?? null;
    const command = typed === null ? undefined : COMMAND.exec(typed)?.[1]?.toLowerCase();
    if (command === undefined) continue;
    if (command === BACK) return '';
    if (known === null || known.has(command)) return command;
  }
  return '';
}
