// Redaction of JSON: every string, number and name in it on its own, so that what comes out is JSON again.
import { isObject, type Json } from '../../lib/json.ts';
import type { Redaction } from './redaction.ts';

/** What goes whole, by its path: `metadata.email`, `messages[*].content`. */
export type DropPath = readonly (string | '*')[];

/** `messages[*].content` → its steps; null where it is no path. A leading `$.` may stand there. */
export function dropPath(text: string): DropPath | null {
  const plain = text
    .replace(/^\$\.?/, '')
    .replace(/\[(\*|\d+)\]/g, '.$1')
    .replace(/^\./, '');
  const steps = plain.split('.');
  return plain !== '' && steps.every((step) => step !== '' && !/[[\]]/.test(step)) ? steps : null;
}

/** @param named gets the names of what was redacted */
export function redactJson(
  value: Json,
  redaction: Redaction,
  drops: readonly DropPath[],
  named: Set<string>,
): Json {
  let kept = value;
  for (const path of drops) kept = dropped(kept, path, named);
  return redactAll(kept, redaction, named);
}

function redactAll(value: Json, redaction: Redaction, named: Set<string>): Json {
  if (typeof value === 'string') return redaction.text(value, named);
  if (typeof value === 'number') {
    const text = String(value);
    const redacted = redaction.text(text, named);
    return redacted === text ? value : redacted;
  }
  if (Array.isArray(value)) return value.map((item: Json) => redactAll(item, redaction, named));
  if (!isObject(value)) return value;
  const members = new Map<string, Json>();
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    members.set(
      freeName(redaction.text(name, named), members),
      redactAll(member, redaction, named),
    );
  }
  return Object.fromEntries(members);
}

/** Two names may be redacted to the same. */
function freeName(name: string, taken: ReadonlyMap<string, Json>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name} ${number}`)) number += 1;
  return `${name} ${number}`;
}

/** A copy without what stands at the path; the value itself where nothing does. */
export function dropped(value: Json, [step, ...rest]: DropPath, named: Set<string>): Json {
  if (step === undefined) return value;
  const isLast = rest.length === 0;
  if (Array.isArray(value)) {
    if (step !== '*' && !/^\d+$/.test(step)) return value;
    const here = (index: number) => step === '*' || Number(step) === index;
    if (isLast) named.add('drop');
    return value.flatMap((item: Json, index) =>
      here(index) ? (isLast ? [] : [dropped(item, rest, named)]) : [item],
    );
  }
  if (!isObject(value)) return value;
  const names = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  if (names.length === 0) return value;
  const copy = { ...value };
  for (const name of names) {
    if (isLast) {
      delete copy[name];
      named.add('drop');
    } else copy[name] = dropped(copy[name] ?? null, rest, named);
  }
  return copy;
}
