// KnownDrops: the drops that a gateway has heard of, in the order of their numbers. Redis hears of them again where it went back
// to an older state: a snapshot, or a replica that was behind.
import type { RedisConnection } from '../../store/redis/connection.ts';
import type { AnswerFilter } from '../answer-store.ts';
import type { Drop } from '../drops.ts';
import { ANSWER_SCRIPTS } from './answer-scripts.ts';

export interface KnownDropsOptions {
  /** The number, the lowest that is complete, the drops, and a place to try writing. */
  readonly keys: readonly string[];
  /** What others dropped, oldest first; null: more than is known. Told before anything else is read. */
  readonly onDrops: (drops: readonly Drop[] | null) => void;
  /** Redis had gone back, and was told of these again. */
  readonly onSetBack: (connection: RedisConnection, drops: readonly Drop[]) => void;
}

interface Told {
  readonly gen: string;
  readonly floor: number;
  readonly drops: readonly Drop[];
  readonly isSetBack: boolean;
}

export class KnownDrops {
  readonly #options: KnownDropsOptions;
  /** Of the last, as Redis writes it; '0': nothing is known. */
  gen = '0';
  /** All after this number are known. */
  floor = 0;
  drops: readonly Drop[] = [];

  constructor(options: KnownDropsOptions) {
    this.#options = options;
  }

  /** Hears of what others dropped. */
  async sync(connection: RedisConnection): Promise<void> {
    const known = this.gen;
    let told = await this.#ask(connection, known);
    if (told.isSetBack) {
      await this.#tellAgain(connection, known);
      // All there are: those of others may have numbers below the last that is known here.
      told = await this.#ask(connection, '0');
    }
    // Another of ours was faster.
    if (known !== this.gen) return;
    const isIncomplete = Number(known) < told.floor;
    const heard = new Set(this.drops.map((drop) => drop.gen));
    const drops = told.drops.filter((drop) => !heard.has(drop.gen));
    this.gen = told.gen;
    this.floor = told.floor;
    const before = isIncomplete ? [] : this.drops.filter((drop) => drop.gen > told.floor);
    this.drops = [...before, ...drops];
    if (isIncomplete) this.#options.onDrops(null);
    else if (drops.length > 0) this.#options.onDrops(drops);
  }

  /** Answers its number. */
  async note(connection: RedisConnection, drop: Drop): Promise<string> {
    const args = [JSON.stringify(drop.filter), drop.key ?? ''];
    return String(await connection.run(ANSWER_SCRIPTS.drop, this.#options.keys, args));
  }

  async #ask(connection: RedisConnection, known: string): Promise<Told> {
    const told = await connection.run(ANSWER_SCRIPTS.sync, this.#options.keys, [known]);
    if (!isTold(told)) throw new Error('it answered a script in a form that is not its own');
    const [gen, floor, texts, isSetBack] = told;
    return { gen, floor: Number(floor), drops: texts.map(readDrop), isSetBack: isSetBack === 1 };
  }

  async #tellAgain(connection: RedisConnection, known: string): Promise<void> {
    const args = [known, String(this.floor), ...this.drops.map(dropText)];
    const told = await connection.run(ANSWER_SCRIPTS.restore, this.#options.keys, args);
    const [isNew, texts] = Array.isArray(told) ? (told as readonly unknown[]) : [];
    // Another gateway, or another request of this one, was faster.
    if (isNew !== 1 || !Array.isArray(texts)) return;
    this.#options.onSetBack(connection, (texts as string[]).map(readDrop));
  }
}

function isTold(
  value: unknown,
): value is [gen: string, floor: string, drops: string[], isSetBack: number] {
  return (
    Array.isArray(value) &&
    typeof value[0] === 'string' &&
    typeof value[1] === 'string' &&
    Array.isArray(value[2])
  );
}

function readDrop(text: string): Drop {
  const [gen, filter, key] = JSON.parse(text) as [string, AnswerFilter, string];
  return { gen: Number(gen), filter, ...(key === '' ? {} : { key }) };
}

function dropText({ gen, filter, key = '' }: Drop): string {
  return JSON.stringify([String(gen), filter, key]);
}
