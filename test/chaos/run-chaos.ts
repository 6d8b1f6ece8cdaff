// All cases, a few at a time; then the log is read and compared with what the callers heard. (That its costs and sums are right
// is looked after when the gateway stops: journeys/audit-ledger.ts.)
import type { LogRow } from '../../src/core/log-row.ts';
import { chatCaller } from './call-chat.ts';
import { messagesCaller } from './call-messages.ts';
import { responsesCaller } from './call-responses.ts';
import type { Caller } from './caller.ts';
import { rowProblems } from './check-row.ts';
import { type Farm, openFarm, WIRES } from './farm.ts';
import { FAULTS, type Fault } from './faults.ts';
import { readLog } from './read-log.ts';
import { type Case, type Ran, runCase } from './run-case.ts';

export const CALLERS: readonly Caller[] = [chatCaller, responsesCaller, messagesCaller];

/**
 * `some`   one pair of wires for each fault, caller and form, all wires taking turns
 * `usual`  every wire fails, its own and another rescue, others taking turns
 * `all`    every wire fails, every wire rescues
 */
export type Extent = 'some' | 'usual' | 'all';

/** Cases that keep the machine busy, and cases that mostly wait for a deadline. */
const BUSY_AT_ONCE = 6;
const WAITING_AT_ONCE = 24;

export function casesOf(extent: Extent, faults: readonly Fault[] = FAULTS): readonly Case[] {
  const cases: Case[] = [];
  const add = (one: Omit<Case, 'number'>) => cases.push({ number: cases.length + 1, ...one });
  for (const [at, fault] of faults.entries()) {
    const wires = fault.wires ?? WIRES;
    for (const [nth, caller] of CALLERS.entries()) {
      if (fault.onePair && extent === 'some' && (at + nth) % CALLERS.length !== 0) continue;
      for (const stream of fault.onlyStreamed ? [true] : [true, false]) {
        const turn = at + nth * 2 + (stream ? 0 : 1);
        const failing = extent === 'some' ? [take(wires, turn)] : wires;
        for (const [which, wire] of failing.entries()) {
          const other = take(
            WIRES,
            WIRES.indexOf(wire) + 1 + ((turn + which) % (WIRES.length - 1)),
          );
          const own = extent === 'some' && turn % 3 !== 0 ? [other] : [wire];
          const pair = fault.onePair && extent === 'usual' ? [other] : [wire, other];
          const rescuers = extent === 'all' ? WIRES : extent === 'usual' ? pair : own;
          for (const rescuer of rescuers) add({ fault, caller, stream, failing: wire, rescuer });
          if (
            !fault.neverAlone &&
            !fault.onePair &&
            fault.rescuer === undefined &&
            fault.between === undefined
          )
            add({ fault, caller, stream, failing: wire, rescuer: null });
        }
      }
    }
  }
  return cases;
}

/** @param told of how many are done, as they are. */
export async function runChaos(
  cases: readonly Case[],
  told: (done: number) => void = () => undefined,
): Promise<readonly Ran[]> {
  const farm = await openFarm();
  try {
    const ran: Ran[] = [];
    const work = (queue: readonly Case[], atOnce: number) => {
      const left = [...queue].reverse();
      const worker = async () => {
        for (let one = left.pop(); one; one = left.pop()) {
          ran.push(await runCase(farm, one));
          told(ran.length);
        }
      };
      return Promise.all(Array.from({ length: atOnce }, worker));
    };
    const waits = ({ fault }: Case) => fault.fallback !== undefined;
    await Promise.all([
      work(cases.filter(waits), WAITING_AT_ONCE),
      work(
        cases.filter((one) => !waits(one)),
        BUSY_AT_ONCE,
      ),
    ]);
    await checkLog(farm, ran);
    return ran.sort((a, b) => a.one.number - b.one.number);
  } finally {
    await farm.stop();
  }
}

async function checkLog(farm: Farm, ran: readonly Ran[]): Promise<void> {
  await farm.gateway.gateway.ledger.flush();
  const rows = new Map<string, LogRow[]>();
  for (const row of await readLog(farm.gateway.url, farm.key))
    rows.set(row.generation_id, [...(rows.get(row.generation_id) ?? []), row]);
  for (const one of ran) {
    one.problems.push(...rowProblems(one, rows.get(one.heard.generationId) ?? []));
    rows.delete(one.heard.generationId);
  }
  if (rows.size > 0) throw new Error(`Rows that no case asked for: ${[...rows.keys()].join(', ')}`);
}

function take<T>(list: readonly T[], at: number): T {
  const found = list[at % list.length];
  if (found === undefined) throw new Error('an empty list');
  return found;
}
