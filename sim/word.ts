// A word of the grammar: its name, what it takes, what it changes of a behaviour.
import type { Behaviour, Bytes, Faults } from './behaviour.ts';

/** What a word changes. `headers` are added to those there are. */
export type Patch = Partial<Omit<Behaviour, 'faults' | 'bytes'>> & {
  readonly faults?: Partial<Faults>;
  readonly bytes?: Partial<Bytes>;
};

export interface Word {
  readonly name: string;
  /** What stands after `=`; empty for a word that stands alone. `[=K]`: may be left out. */
  readonly takes: string;
  readonly says: string;
  /** The change, or what is wrong with the value. */
  read(value: string): Patch | string;
}

/** Puts a word's change into a behaviour. */
export function patched(behaviour: Behaviour, patch: Patch): Behaviour {
  return {
    ...behaviour,
    ...patch,
    headers: [...behaviour.headers, ...(patch.headers ?? [])],
    faults: { ...behaviour.faults, ...patch.faults },
    bytes: { ...behaviour.bytes, ...patch.bytes },
  };
}

/** A word that stands alone. */
export function flag(name: string, says: string, patch: Patch): Word {
  return {
    name,
    takes: '',
    says,
    read: (value) => (value === '' || value === 'true' ? patch : 'takes no value'),
  };
}

/** A word with a number of at least `min`; where it may be left out it is 0. */
export function count(
  name: string,
  takes: string,
  says: string,
  set: (n: number) => Patch,
  min = 0,
): Word {
  return {
    name,
    takes,
    says,
    read(value) {
      const n = value === '' ? (takes.startsWith('[') ? 0 : Number.NaN) : Number(value);
      return Number.isFinite(n) && n >= min ? set(n) : `takes a number of at least ${min}`;
    },
  };
}

/** A word with one of a few values. */
export function choice<const T extends string>(
  name: string,
  values: readonly T[],
  says: string,
  set: (value: T) => Patch,
): Word {
  return {
    name,
    takes: values.join('|'),
    says,
    read(value) {
      const found = values.find((one) => one === value);
      return found === undefined ? `takes one of ${values.join(', ')}` : set(found);
    },
  };
}

/** A word with any value but an empty one. */
export function text(
  name: string,
  takes: string,
  says: string,
  set: (value: string) => Patch | string,
): Word {
  return { name, takes, says, read: (value) => (value === '' ? `takes ${takes}` : set(value)) };
}
