// commandOf: the slash command in force: the last one somebody typed at the beginning of a turn.
import type { Turn } from '../../core/survey.ts';

/** `/review` and what follows it. Not `/usr/bin`: a name ends at a space or with the text. */
const COMMAND = /^\s{0,16}\/([a-z][a-z0-9_-]{0,63})(?=\s|$)/i;
/** Ends the command in force: back to the route a request takes without one. */
const BACK = 'model';

/**
 * Without its slash, as it is known; '' when none is in force. `/Review` is `/review`, unless both are known.
 * @param known the commands that count; null: whatever looks like one, in lower case
 */
export function commandOf(turns: readonly Turn[], known: ReadonlySet<string> | null): string {
  for (let at = turns.length - 1; at >= 0; at--) {
    const typed = turns[at]?.typed ?? null;
    const written = typed === null ? undefined : COMMAND.exec(typed)?.[1];
    if (written === undefined) continue;
    const lower = written.toLowerCase();
    if (lower === BACK) return '';
    if (known?.has(written)) return written;
    if (known === null || known.has(lower)) return lower;
  }
  return '';
}
