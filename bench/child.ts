// A child process under measurement: started, waited for, read from /proc, stopped.
import { readFileSync } from 'node:fs';
import type { Subprocess } from 'bun';

/** Linux counts CPU time in ticks of this many microseconds (USER_HZ is 100 on every architecture Bun runs on). */
const TICK_US = 10_000;
const START_MS = 20_000;
const STOP_MS = 5000;

export class Child {
  readonly #process: Subprocess<'ignore', 'pipe', 'inherit'>;
  /** What it said it listens on. */
  readonly url: string;

  private constructor(process: Subprocess<'ignore', 'pipe', 'inherit'>, url: string) {
    this.#process = process;
    this.url = url;
  }

  /** Starts a program and waits until it says `listening on URL`. Throws when it does not within 20 s. */
  static async start(
    command: readonly string[],
    environment: { readonly [name: string]: string | undefined },
    cwd?: string,
  ): Promise<Child> {
    const child = Bun.spawn([...command], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
      env: environment,
      ...(cwd === undefined ? {} : { cwd }),
    });
    const url = await Promise.race([listeningUrl(child.stdout), Bun.sleep(START_MS)]);
    if (url) return new Child(child, url);
    child.kill('SIGKILL');
    throw new Error(`${command.join(' ')} did not say that it listens.`);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Microseconds of CPU, user and system, of all its threads since its start; null where there is no /proc. */
  cpuUs(): number | null {
    const stat = read(`/proc/${this.pid}/stat`);
    if (stat === null) return null;
    // The second field is the name in parentheses, which may hold spaces; utime and stime are the 14th and 15th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  }

  /** Resident memory in MB (10⁶ bytes); null where there is no /proc. */
  rssMb(): number | null {
    const kib = /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${this.pid}/status`) ?? '')?.[1];
    return kib === undefined ? null : (Number(kib) * 1024) / 1e6;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await Promise.race([this.#process.exited, Bun.sleep(STOP_MS)]);
    this.#process.kill('SIGKILL');
    await this.#process.exited;
  }
}

/** Reads stdout to its end, so that the child never waits for a reader; resolves with the first address it names. */
function listeningUrl(stdout: ReadableStream<Uint8Array>): Promise<string | null> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let text = '';
    let found = false;
    const read = async () => {
      for await (const piece of stdout) {
        if (found) continue;
        text += decoder.decode(piece, { stream: true });
        const url = /listening on (http:\/\/\S+)/.exec(text)?.[1];
        if (url === undefined) continue;
        found = true;
        resolve(url);
      }
      resolve(null);
    };
    void read();
  });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not this system, or the process is gone.
    return null;
  }
}
