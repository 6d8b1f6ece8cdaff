// Plays one round: callers that ask again as soon as they are answered, and the counts of what came back in the window.
import { HttpCaller, type Reply } from './http-caller.ts';
import { cpuUs, mainThreadCpuUs, rssMb } from './process-figures.ts';
import type { MemorySample, Round, RoundResult } from './round.ts';

const MEMORY_EVERY_MS = 100;
/** What still runs when the window is over may take this long to end. */
const DRAIN_MS = 20_000;

export async function runRound(round: Round): Promise<RoundResult> {
  const play = new Play(round);
  return play.run();
}

class Play {
  readonly #round: Round;
  readonly #request: Buffer;
  readonly #idle = new Set<HttpCaller>();
  readonly #callers: HttpCaller[] = [];
  readonly #over = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<void>();
  #counting = false;
  #stopping = false;
  #lost = 0;
  #requests = 0;
  #failures = 0;
  #firstFailure: string | null = null;
  #firstByteMs: number[] = [];
  #totalMs: number[] = [];

  constructor(round: Round) {
    this.#round = round;
    this.#request = Buffer.from(round.request);
  }

  async run(): Promise<RoundResult> {
    const { hostname, port, concurrency, rampMs, window, pid } = this.#round;
    for (let at = 0; at < concurrency; at++)
      this.#callers.push(
        await HttpCaller.connect(hostname, port, (reply, caller) => this.#answered(reply, caller)),
      );
    const startedAt = performance.now();
    for (const [at, caller] of this.#callers.entries()) {
      const dueMs = startedAt + (rampMs * at) / concurrency;
      if (dueMs > performance.now()) await Bun.sleep(dueMs - performance.now());
      caller.send(this.#request);
    }
    await Bun.sleep(Math.max(0, startedAt + rampMs - performance.now()));
    const memory: MemorySample[] = [];
    const timer = setInterval(() => {
      const mb = rssMb(pid);
      if (mb !== null) memory.push({ requests: this.#requests, rssMb: mb });
    }, MEMORY_EVERY_MS);
    const cpuBefore = cpuUs(pid);
    const mainBefore = mainThreadCpuUs(pid);
    const eventsBefore = this.#eventsSeen();
    const countedFrom = performance.now();
    this.#counting = true;
    await ('ms' in window ? Bun.sleep(window.ms) : this.#over.promise);
    this.#counting = false;
    const cpuAfter = cpuUs(pid);
    const mainAfter = mainThreadCpuUs(pid);
    const events = this.#eventsSeen() - eventsBefore;
    const seconds = (performance.now() - countedFrom) / 1000;
    clearInterval(timer);
    await this.#drain();
    return {
      seconds,
      requests: this.#requests,
      events,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      cpuUs: spent(cpuBefore, cpuAfter),
      mainCpuUs: spent(mainBefore, mainAfter),
      firstByteMs: this.#firstByteMs,
      totalMs: this.#totalMs,
      memory,
    };
  }

  #answered(reply: Reply | Error, caller: HttpCaller): void {
    const problem = this.#problemOf(reply);
    if (problem !== null) {
      this.#failures += 1;
      this.#firstFailure ??= problem;
    } else if (this.#counting && !(reply instanceof Error)) this.#count(reply);
    if (reply instanceof Error) {
      this.#lost += 1;
      if (this.#lost === this.#callers.length) this.#over.resolve();
    } else this.#next(caller);
    if (this.#idle.size + this.#lost === this.#callers.length) this.#drained.resolve();
  }

  #next(caller: HttpCaller): void {
    const { pauseMs } = this.#round;
    if (this.#stopping) this.#idle.add(caller);
    else if (pauseMs === undefined) caller.send(this.#request);
    else setTimeout(() => this.#again(caller), -pauseMs * Math.log(1 - Math.random()));
  }

  #again(caller: HttpCaller): void {
    if (!this.#stopping) {
      caller.send(this.#request);
      return;
    }
    this.#idle.add(caller);
    if (this.#idle.size + this.#lost === this.#callers.length) this.#drained.resolve();
  }

  #count(reply: Reply): void {
    this.#requests += 1;
    this.#firstByteMs.push(reply.firstByteMs);
    this.#totalMs.push(reply.totalMs);
    const { window } = this.#round;
    if ('requests' in window && this.#requests >= window.requests) {
      this.#counting = false;
      this.#over.resolve();
    }
  }

  #eventsSeen(): number {
    return this.#callers.reduce((sum, caller) => sum + caller.eventsSeen, 0);
  }

  #problemOf(reply: Reply | Error): string | null {
    if (reply instanceof Error) return reply.message;
    if (reply.status !== 200) return `status ${reply.status}`;
    const { minEvents } = this.#round;
    if (minEvents !== null && reply.events < minEvents)
      return `${reply.events} events where there should be at least ${minEvents}`;
    return null;
  }

  /** Lets what runs end, so that the next round starts on a quiet machine. */
  async #drain(): Promise<void> {
    this.#stopping = true;
    await Promise.race([this.#drained.promise, Bun.sleep(DRAIN_MS)]);
    for (const caller of this.#callers) caller.close();
  }
}

function spent(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}
