// priceVersion: what a price is called in the log: a hash of all its rates. The same rates have the same version, whoever lists them.
import { createHash } from 'node:crypto';
import type { Price } from './price.ts';

const DIGITS = 16;
/** A price is one object for as long as its catalogue lives: hashed once, looked up from then on. */
const versions = new WeakMap<Price, string>();

/** Sixteen hex digits. */
export function priceVersion(price: Price): string {
  const known = versions.get(price);
  if (known !== undefined) return known;
  const version = createHash('sha256').update(canonical(price)).digest('hex').slice(0, DIGITS);
  versions.set(price, version);
  return version;
}

/** Its JSON with members in alphabetical order: the order rates were written in says nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
