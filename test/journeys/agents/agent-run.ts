// One headless run of a coding agent in a folder of its own, with a home of its own, and nothing to reach but the gateway.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { closeOutsideWorld } from './outside-world.ts';

export interface Workplace {
  /** Where the agent works. */
  readonly folder: string;
  /** Its home: settings and caches. */
  readonly home: string;
  write(path: string, text: string): void;
  /** A file of the work folder. */
  read(name: string): string;
  has(name: string): boolean;
  [Symbol.dispose](): void;
}

export function openWorkplace(): Workplace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'switchyard-agent-')));
  const folder = join(root, 'work');
  const home = join(root, 'home');
  for (const path of [folder, home]) mkdirSync(path);
  return {
    folder,
    home,
    write(path, text) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    },
    has: (name) => existsSync(join(folder, name)),
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

export interface AgentRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What it tried to reach besides the gateway. */
  readonly wanted: readonly string[];
  readonly tookMs: number;
}

const LIMIT_MS = 60_000;

/** Runs the command to its end. Of this process's environment it gets the paths only. */
export async function runAgent(
  command: readonly string[],
  place: Workplace,
  environment: { readonly [name: string]: string },
): Promise<AgentRun> {
  const outside = closeOutsideWorld();
  const startedMs = performance.now();
  try {
    const child = Bun.spawn([...command], {
      cwd: place.folder,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: place.home,
        TMPDIR: place.home,
        NO_COLOR: '1',
        CI: '1',
        ...outside.environment,
        ...environment,
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    const exitCode = await child.exited;
    const { wanted } = outside;
    return { exitCode, stdout, stderr, wanted, tookMs: performance.now() - startedMs };
  } finally {
    outside.stop();
  }
}
