// HeardDrops: the drops that a replica has heard of or made, so that Redis hears of them again where it went back to an older state.
import type { Log } from '../../lib/log.ts';
import type { RedisConnection } from '../../store/redis/connection.ts';
import type { Marks } from '../owner-marks.ts';
import { DROPPED, isBefore, KEYS, next, SCRIPTS, type Word } from './shared-words.ts';

/** Of so many sorts: beyond them all of it counts as dropped. */
const MAX_DROPS = 1000;
/** Entries that are looked at together. */
const SWEPT_AT_ONCE = 200;
export const ALL: Marks = ['', '', '', ''];

interface Drop {
  readonly id: string;
  readonly whose: Marks;
}

export interface Teller {
  readonly from: string;
  /** How many the stream may hold, and how long what is added lasts. */
  readonly maxEntries: number;
  readonly lastsMs: number;
}

/** Two drops that follow each other in the stream, though others came between them. */
interface Gap {
  readonly after: string;
  readonly before: string;
}

export class HeardDrops {
  /** The last of each sort: it means what those before it meant. */
  readonly #drops = new Map<string, Drop>();
  /** Those that Redis was told of again, and has things of still. */
  readonly #unswept = new Map<string, Drop>();
  #newest = '';
  #gap: Gap | null = null;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  note(id: string, whose: Marks): void {
    if (isBefore(this.#newest, id)) this.#newest = id;
    const sort = whose.join(' ');
    const known = this.#drops.get(sort);
    if (known !== undefined && !isBefore(known.id, id)) return;
    this.#drops.set(sort, { id, whose });
    if (this.#drops.size <= MAX_DROPS) return;
    this.#drops.clear();
    this.#drops.set(ALL.join(' '), { id: this.#newest, whose: ALL });
  }

  /** Who told the later knew none after the earlier: Redis went back, and somebody was there first. */
  miss(after: string, before: string): void {
    this.#gap ??= { after, before };
  }

  /** Answers the last drop that Redis knows, once it knows those that are known here. Rejects where it fails. */
  async look(connection: RedisConnection, teller: Teller): Promise<string> {
    await this.#sweepAgain(connection);
    const dropped = await lastDrop(connection);
    const gap = this.#gap;
    if (gap === null && !isBefore(dropped, this.#newest)) return dropped;
    const told = await this.#tellAgain(connection, teller, gap);
    if (this.#gap === gap) this.#gap = null;
    if (told > 0)
      this.#log(
        'warn',
        'Redis went back to a state older than drops of prompts that have answers, which are known here: what they mean is dropped there again.',
      );
    await this.#sweepAgain(connection);
    return lastDrop(connection);
  }

  /** Answers how many were news. */
  async #tellAgain(connection: RedisConnection, teller: Teller, gap: Gap | null): Promise<number> {
    const { from, maxEntries, lastsMs } = teller;
    const drops = [...this.#drops.values()]
      .filter(({ id }) => gap === null || (isBefore(gap.after, id) && isBefore(id, gap.before)))
      .sort((one, other) => (isBefore(one.id, other.id) ? -1 : 1));
    const words = drops.flatMap(({ id, whose }) => {
      const word: Word = { from, drop: whose };
      return [id, JSON.stringify(word)];
    });
    const args = [
      String(maxEntries),
      String(Math.ceil(lastsMs)),
      gap === null ? '' : 'all',
      ...words,
    ];
    const ids = (await connection.run(SCRIPTS.resay, KEYS, args)) as readonly string[];
    let told = 0;
    for (const [at, drop] of drops.entries()) {
      const id = ids[at] ?? '';
      if (id === '') continue;
      told += 1;
      this.note(id, drop.whose);
      this.#unswept.set(drop.whose.join(' '), drop);
    }
    return told;
  }

  /** What is not done is done by the next. */
  async #sweepAgain(connection: RedisConnection): Promise<void> {
    for (const [sort, drop] of this.#unswept) {
      await sweepStream(connection, drop.id, drop.whose);
      if (this.#unswept.get(sort) === drop) this.#unswept.delete(sort);
    }
  }
}

async function lastDrop(connection: RedisConnection): Promise<string> {
  return String((await connection.send('GET', [DROPPED])) ?? '');
}

/** Takes what a drop means out of the stream, up to that drop. */
export async function sweepStream(
  connection: RedisConnection,
  upTo: string,
  whose: Marks,
): Promise<void> {
  for (let from = '0-0'; from !== ''; ) {
    const args = [from, upTo, String(SWEPT_AT_ONCE), ...whose];
    const last = String(await connection.run(SCRIPTS.sweep, KEYS, args));
    from = last === '' ? '' : next(last);
  }
}
