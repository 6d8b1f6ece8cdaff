// Loaded before the gateway under load: counts its timers, and writes how many are waiting to a file when asked by a signal.
import { writeFileSync } from 'node:fs';

const file = process.env.CHAOS_TIMERS_FILE ?? '';
const waiting = new Set<unknown>();
const start = globalThis.setTimeout;
const stop = globalThis.clearTimeout;

function counted(run: (...values: unknown[]) => void, ms?: number, ...values: unknown[]) {
  const timer = start(() => {
    waiting.delete(timer);
    run(...values);
  }, ms);
  waiting.add(timer);
  return timer;
}

function uncounted(timer: Parameters<typeof stop>[0]): void {
  waiting.delete(timer);
  stop(timer);
}

Object.defineProperty(globalThis, 'setTimeout', { value: Object.assign(counted, start) });
Object.defineProperty(globalThis, 'clearTimeout', { value: uncounted });
process.on('SIGUSR2', () => writeFileSync(file, String(waiting.size)));
