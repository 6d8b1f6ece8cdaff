// One change in one line: when, who, what, and which of its fields.
import { asArray, asString, type JsonObject } from '../lib/json.ts';

const SHOWN = 6;

export function auditLine(entry: JsonObject): string {
  const word = (name: string) => asString(entry[name]) ?? '';
  const who =
    word('actor_name') === '' ? word('actor') : `${word('actor_name')} (${word('actor')})`;
  const changed = asArray(entry.changed).map(String);
  const more = changed.length > SHOWN ? `, ${changed.length - SHOWN} more` : '';
  const what = changed.length === 0 ? '' : `  [${changed.slice(0, SHOWN).join(', ')}${more}]`;
  const from = word('address') === '' ? '' : ` from ${word('address')}`;
  return `${String(entry.id)}  ${word('at')}  ${word('via')} ${who || '-'}${from}  ${word('action')}  ${word('target')}${what}`;
}
