// commandOf: the slash command in force: the last one somebody typed at the beginning of a turn.
import { commandAt, RESET } from '../../core/command.ts';
import type { Turn } from '../../core/survey.ts';

/**
 * Without its slash, as it is known; '' when none is in force, or the last one was `/model`.
 * @param known the commands that count; null: whatever looks like one, in lower case
 */
export function commandOf(turns: readonly Turn[], known: ReadonlySet<string> | null): string {
  for (let at = turns.length - 1; at >= 0; at--) {
    const typed = turns[at]?.typed ?? null;
    const command = typed === null ? null : commandAt(typed.trimStart(), known);
    if (command !== null) return command.name === RESET ? '' : command.name;
  }
  return '';
}
