// Options that are given twice: the last would count alone, and a limit named before it would silently be none.
import { exitWith } from './settings.ts';

export function refuseRepeated(rawArgs: readonly string[]): void {
  const seen = new Set<string>();
  for (const arg of rawArgs) {
    if (!arg.startsWith('--')) continue;
    const name = arg.split('=')[0] ?? arg;
    if (seen.has(name))
      exitWith([`${name} stands there twice: give several in one, separated by commas.`]);
    seen.add(name);
  }
}
