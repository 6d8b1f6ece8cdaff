// For the durability test: how long the system has kept a process from doing what it promised: its writing thread by the kernel's own
// count, its event loop by what it said and when. A promise of so many milliseconds is one of milliseconds in which it may run.
import { readdirSync, readFileSync } from 'node:fs';

export interface WriterSample {
  readonly at: number;
  readonly ranMs: number;
  /** For a processor, until it got one. */
  readonly waitedMs: number;
  /** Ready to run, or waiting for a disk. */
  readonly isHeld: boolean;
}

const NS_PER_MS = 1e6;
/** An event loop that turns says something so often. */
const TURN_MS = 5;

/** The thread that writes the spool; one that is not there yet has done nothing. Null where the kernel does not tell. */
export function sampleWriter(pid: number): WriterSample | null {
  try {
    const at = Date.now();
    const tasks = `/proc/${pid}/task`;
    // It is begun before the ingest worker, so its number is lower.
    const writer = readdirSync(tasks)
      .sort((one, other) => Number(one) - Number(other))
      .find((id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === 'Worker');
    if (writer === undefined) return { at, ranMs: 0, waitedMs: 0, isHeld: false };
    const times = readFileSync(`${tasks}/${writer}/schedstat`, 'utf8').split(' ').map(Number);
    const [ran = 0, waited = 0] = times;
    const stat = readFileSync(`${tasks}/${writer}/stat`, 'utf8');
    const isHeld = 'RD'.includes(stat[stat.lastIndexOf(')') + 2] ?? '');
    return { at, ranMs: ran / NS_PER_MS, waitedMs: waited / NS_PER_MS, isHeld };
  } catch {
    return null;
  }
}

/** @param saidAt when the event loop said something, in order */
export function heldUpMs(from: WriterSample, to: WriterSample, saidAt: readonly number[]): number {
  return writerHeldMs(from, to) + loopHeldMs(from.at, to.at, saidAt);
}

/** A wait that has not ended is in no count yet: it is at most what the thread has not run. */
function writerHeldMs(from: WriterSample, to: WriterSample): number {
  const waited = to.waitedMs - from.waitedMs;
  return to.isHeld ? Math.max(waited, to.at - from.at - (to.ranMs - from.ranMs)) : waited;
}

function loopHeldMs(from: number, to: number, saidAt: readonly number[]): number {
  let held = 0;
  let before = from;
  for (const at of [...saidAt.filter((one) => one > from && one < to), to]) {
    held += Math.max(0, at - before - TURN_MS);
    before = at;
  }
  return held;
}
