// Refuses options and arguments a command does not know: a mistyped one must not be taken for none.
import type { ArgsDef, CommandDef } from 'citty';
import { didYouMean } from '../lib/near.ts';
import { exitWith } from './settings.ts';

/** The command, and those under it, with a check before they run. */
export function strictly<Args extends ArgsDef>(command: CommandDef<Args>): CommandDef<Args> {
  const { args = {}, subCommands } = command;
  if (typeof args === 'function' || args instanceof Promise) return command;
  return {
    ...command,
    ...(isTable(subCommands)
      ? { subCommands: Object.fromEntries(Object.entries(subCommands).map(strictEntry)) }
      : { setup: (context) => check(context.args, args) }),
  };
}
