// The load process as the benchmark sees it: a round in, its result out.
import { fileURLToPath } from 'node:url';
import type { Round, RoundResult } from './round.ts';

const PROGRAM = fileURLToPath(new URL('./load.ts', import.meta.url));

export class LoadGenerator {
  readonly #process: Bun.Subprocess;
  #told: (message: unknown) => void = () => undefined;

  private constructor() {
    this.#process = Bun.spawn([process.execPath, PROGRAM], {
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
      serialization: 'json',
      ipc: (message) => this.#told(message),
      onExit: () => this.#told(null),
    });
    process.on('exit', () => this.stop());
  }

  static async start(): Promise<LoadGenerator> {
    const generator = new LoadGenerator();
    await generator.#next();
    return generator;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Throws when the process ends before the round does. */
  async run(round: Round): Promise<RoundResult> {
    const result = this.#next();
    this.#process.send(round);
    return (await result) as RoundResult;
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }

  #next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#told = (message) =>
        message === null ? reject(new Error('The load process ended.')) : resolve(message);
    });
  }
}
