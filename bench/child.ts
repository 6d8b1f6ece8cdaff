// A child process under measurement: started, waited for, stopped.
import type { Subprocess } from 'bun';

const START_MS = 20_000;
const STOP_MS = 5000;

const running = new Set<Child>();
// However the benchmark ends, nothing of it goes on.
process.on('exit', () => {
  for (const child of running) child.kill();
});

export class Child {
  readonly #process: Subprocess<'ignore', 'pipe', 'inherit'>;
  /** What it said it listens on. */
  readonly url: string;

  private constructor(process: Subprocess<'ignore', 'pipe', 'inherit'>, url: string) {
    this.#process = process;
    this.url = url;
    running.add(this);
  }

  /** Starts a program and waits until it says `listening on URL`. Throws when it does not within 20 s. */
  static async start(
    command: readonly string[],
    environment: { readonly [name: string]: string | undefined },
  ): Promise<Child> {
    const child = Bun.spawn([...command], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
      env: environment,
    });
    const url = await Promise.race([listeningUrl(child.stdout), Bun.sleep(START_MS)]);
    if (url) return new Child(child, url);
    child.kill('SIGKILL');
    throw new Error(`${command.join(' ')} did not say that it listens.`);
  }

  get pid(): number {
    return this.#process.pid;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await Promise.race([this.#process.exited, Bun.sleep(STOP_MS)]);
    this.kill();
    await this.#process.exited;
    running.delete(this);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** Reads stdout to its end, so that the child never waits for a reader; resolves with the first address it names. */
function listeningUrl(stdout: ReadableStream<Uint8Array>): Promise<string | null> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let text: string | null = '';
    const read = async () => {
      for await (const piece of stdout) {
        if (text === null) continue;
        text += decoder.decode(piece, { stream: true });
        const url = /listening on (http:\/\/\S+)/.exec(text)?.[1];
        if (url === undefined) continue;
        text = null;
        resolve(url);
      }
      resolve(null);
    };
    void read();
  });
}
