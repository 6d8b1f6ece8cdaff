// LocalTrouble: what goes wrong here and not at the other side: the disk, the database, the log. Said once, until it is over.

export interface Trouble {
  readonly why: string;
  /** Unix milliseconds. */
  readonly since: number;
}

export class LocalTrouble {
  readonly #say: (why: string) => void;
  readonly #now: () => number;
  #trouble: Trouble | null = null;
  #said: string | null = null;

  constructor(say: (why: string) => void, now: () => number) {
    this.#say = say;
    this.#now = now;
  }

  /** Null: there is none. */
  get current(): Trouble | null {
    return this.#trouble;
  }

  failed(thrown: unknown): void {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    this.#trouble = { why, since: this.#trouble?.since ?? this.#now() };
    if (this.#said === why) return;
    this.#said = why;
    this.#say(why);
  }

  over(): void {
    this.#trouble = null;
    this.#said = null;
  }
}
