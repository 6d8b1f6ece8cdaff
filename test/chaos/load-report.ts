// The load run, as a section of the page.
import type { LoadResult } from './load/run-load.ts';

export const LOAD_TITLE = '## Under load';

export function loadSection(result: LoadResult): string {
  const { streams, atOnce, seconds, broken, rows, logProblems, sockets, timers, rssMb, added } =
    result;
  return `${LOAD_TITLE}

Written by \`npm run chaos -- --load\`: ${streams} streams of the three wires, ${atOnce} at a time, of which every fifth fails at its first provider (a third of them at once, a third by silence until the first-token deadline, a third in mid-stream), through a gateway in a process of its own, in ${seconds.toFixed(0)} s.

| what | figure |
|---|---|
| broken or wrong answers at the caller | ${broken} |
| log rows for ${streams} requests | ${rows} |
| rows whose cost is not that of their attempts, sums that are not those of the rows | ${logProblems.length} |
| sockets of the gateway's process, before → after | ${sockets.join(' → ')} |
| waiting timers, before → during → after | ${timers.join(' → ')} |
| memory in MB, before and after each quarter | ${rssMb.map((mb) => mb.toFixed(0)).join(' → ')} |
| what a fallback adds before the first token: first content after a failed attempt, less that attempt's own time, against the same answer asked for at once | ${signed(added.p50)} ms (p50), ${signed(added.p99)} ms (p99) |
`;
}

/** What is less than the noise may be below zero. */
function signed(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${Math.abs(ms).toFixed(2)}`;
}
