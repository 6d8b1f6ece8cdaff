// Refuses options and arguments a command does not know: a mistyped one must not be taken for none.
import type { ArgsDef, CittyPlugin, CommandDef, SubCommandsDef } from 'citty';
import { didYouMean } from '../lib/near.ts';
import { exitWith } from './settings.ts';

/**
 * The command, and those under it, with that check before they run.
 * @param status what it ends with where an argument is wrong
 */
export function strict<Args extends ArgsDef>(
  command: CommandDef<Args>,
  status = 1,
): CommandDef<Args> {
  const { subCommands } = command;
  if (subCommands === undefined) return { ...command, plugins: [knownArguments(status)] };
  if (typeof subCommands === 'function' || subCommands instanceof Promise) return command;
  const under: SubCommandsDef = {};
  for (const [name, sub] of Object.entries(subCommands))
    under[name] = typeof sub === 'function' || sub instanceof Promise ? sub : strict(sub, status);
  return { ...command, subCommands: under };
}

const knownArguments = (status: number): CittyPlugin => ({
  name: 'known-arguments',
  setup({ args, cmd }) {
    const known = Object.entries((cmd.args ?? {}) as ArgsDef);
    const options = known.filter(([, { type }]) => type !== 'positional');
    const problems: string[] = [];
    for (const [name, value] of Object.entries(args)) {
      if (name === '_' || known.some(([other]) => other === name || camelCase(other) === name)) {
        if (value === '') problems.push(`--${name} needs a value.`);
        continue;
      }
      const near = didYouMean(
        `--${name}`,
        options.map(([option]) => `--${option}`),
      );
      problems.push(`There is no option --${name}.${near}`);
    }
    const places = known.length - options.length;
    for (const extra of args._.slice(places))
      problems.push(`"${extra}" is one argument too many; --help tells what there is.`);
    if (problems.length > 0) exitWith(problems, status);
  },
});

/** Arguments with a hyphen come under both names. */
function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
