// The program itself, as its own process in a folder of its own: what it prints, how it ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Glob, type Subprocess } from 'bun';
import { until } from './until.ts';

export const ROOT = resolve(import.meta.dir, '../..');
const LAUNCHER = join(ROOT, 'bin/switchyard.mjs');
const MAIN = join(ROOT, 'src/main.ts');
const START_MS = 10_000;

type Environment = { readonly [name: string]: string };

export interface ProgramOptions {
  readonly env?: Environment;
  /** Instead of the runtime with the program: another command line. */
  readonly command?: readonly string[];
  readonly cwd?: string;
}

/** A temporary folder that is gone when the test's scope ends. */
export interface Folder {
  readonly path: string;
  /** Writes a file into it and gives its path. */
  write(name: string, text: string): Promise<string>;
  /** The names of all files in it, also those in folders and those that begin with a dot. */
  list(): readonly string[];
  [Symbol.dispose](): void;
}

export function openFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'switchyard-program-'));
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      await Bun.write(file, text);
      return file;
    },
    list: () => [...new Glob('**/*').scanSync({ cwd: path, dot: true })].sort(),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface Program {
  readonly pid: number;
  readonly child: Subprocess;
  stdout(): string;
  stderr(): string;
  /** Waits for a text on stdout. Throws with what there was when it does not come. */
  says(text: string | RegExp): Promise<void>;
  /** The address of the "listening" line. */
  url(): string;
  /** The key the first run printed. */
  adminKey(): string;
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL'): void;
  /** Exit code; null where a signal ended it. */
  ended(): Promise<number | null>;
  /** Ends what is still running: nothing of a test may outlive it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The command line that goes through the launcher, as people start it. */
export const viaLauncher = (args: readonly string[]) => ['node', LAUNCHER, ...args];

/** Starts the program with nothing of this process's environment but the paths. */
export function startProgram(
  args: readonly string[],
  folder: Folder,
  options: ProgramOptions = {},
): Program {
  const command = options.command ?? [process.execPath, MAIN, ...args];
  const child = Bun.spawn([...command], {
    cwd: options.cwd ?? folder.path,
    // The runtime keeps its own cache at home.
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      NO_COLOR: '1',
      ...options.env,
    },
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: 'ignore',
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const url = () => /listening on (http:\/\/\S+)/.exec(stdout.text)?.[1] ?? '';
  return {
    pid: child.pid,
    child,
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    url,
    adminKey: () => /admin key\s+(sy-\S+)/.exec(stdout.text)?.[1] ?? '',
    async says(text) {
      const isThere = () =>
        typeof text === 'string' ? stdout.text.includes(text) : text.test(stdout.text);
      try {
        await until(() => isThere() || child.exitCode !== null, START_MS);
      } catch {
        // told below
      }
      await Promise.race([stdout.done, Bun.sleep(isThere() ? 0 : 200)]);
      if (!isThere()) throw new Error(`it never said ${text}:\n${stdout.text}\n${stderr.text}`);
    },
    signal: (name) => child.kill(name),
    async ended() {
      await child.exited;
      await Promise.race([Promise.all([stdout.done, stderr.done]), Bun.sleep(500)]);
      return child.exitCode;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        // The launcher passes SIGTERM on; a second one means at once.
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGTERM'), 300);
        await Promise.race([child.exited, Bun.sleep(3000)]);
        clearTimeout(timer);
        child.kill('SIGKILL');
      }
      await child.exited;
    },
  };
}

/** Starts `serve` on a free port and waits until all of its banner is there. */
export async function startServe(
  args: readonly string[],
  folder: Folder,
  options: ProgramOptions = {},
): Promise<Program> {
  const program = startProgram(['serve', '--port', '0', ...args], folder, options);
  await program.says('-d \'{"model"');
  return program;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function runProgram(
  args: readonly string[],
  folder: Folder,
  options: ProgramOptions = {},
): Promise<Finished> {
  await using program = startProgram(args, folder, options);
  const code = await program.ended();
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

interface Collected {
  text: string;
  done: Promise<void>;
}

function collect(stream: ReadableStream<Uint8Array>): Collected {
  const collected: Collected = { text: '', done: Promise.resolve() };
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const piece of stream) collected.text += decoder.decode(piece, { stream: true });
  };
  collected.done = read();
  return collected;
}
