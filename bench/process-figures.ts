// What Linux says of a running process. Elsewhere there is no /proc, and the figures are null.
import { readFileSync } from 'node:fs';

/** Linux counts CPU time in ticks of this many microseconds (USER_HZ is 100 on every architecture Bun runs on). */
const TICK_US = 10_000;

/** Microseconds of CPU, user and system, of all the process's threads since its start. */
export function cpuUs(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the name in parentheses, which may hold spaces; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Microseconds of CPU of the thread the process began with, since its start. */
export function mainThreadCpuUs(pid: number): number | null {
  const stat = read(`/proc/${pid}/task/${pid}/schedstat`);
  return stat === null ? null : Number(stat.split(' ')[0]) / 1000;
}

/** Resident memory in MB (10⁶ bytes). */
export function rssMb(pid: number): number | null {
  const kib = /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? null : (Number(kib) * 1024) / 1e6;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
