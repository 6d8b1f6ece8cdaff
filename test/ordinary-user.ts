// Runs programs that refuse to run as root, where the tests do.

/** `nobody`, by its number: names differ. */
export const ORDINARY_USER = 65_534;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The command as it is to be started; the process is the program's own, so signals reach it. */
export function asOrdinaryUser(command: readonly string[]): string[] {
  if (!isRoot()) return [...command];
  const user = [`--reuid=${ORDINARY_USER}`, `--regid=${ORDINARY_USER}`, '--clear-groups'];
  return ['setpriv', ...user, ...command];
}

/** Rejects with what it said where it fails. */
export async function ran(command: readonly string[], timeoutMs = 60_000): Promise<void> {
  const child = Bun.spawn([...command], {
    cwd: '/',
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: timeoutMs,
  });
  const [code, out, complaint] = await Promise.all([
    child.exited,
    child.stdout.text(),
    child.stderr.text(),
  ]);
  if (code !== 0) throw new Error(`${command[0]} failed: ${complaint}${out}`);
}
