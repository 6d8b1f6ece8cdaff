// Fields the hub has no word for: this wire's own go along, whoever wrote them; the others' are lost.
import type { ChatCall } from '../../core/call.ts';
import { asArray, type Json, type JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import type { Lose } from './encode-content.ts';

/** Of the reference's fields those that say something no other dialect's fields do. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'citation_options',
  'priority',
  'raw_prompting',
  'safety_mode',
  'strict_tools',
]);

export interface Extras {
  readonly fields: JsonRecord;
  /** Beside those that stand in the turns. */
  readonly documents: readonly Json[];
}

export function encodeExtras({ extra }: ChatCall, lose: Lose): Extras {
  const fields: { [name: string]: Json } = {};
  const documents: Json[] = [];
  for (const [dialect, values] of Object.entries(extra)) {
    for (const [name, value] of Object.entries(values ?? {})) {
      if (value === undefined || value === null) continue;
      if (name === 'documents') documents.push(...asArray(value));
      else if (OWN_FIELDS.has(name)) fields[name] = value;
      else if (!asksNothing(value))
        lose(`${name}: a field of ${dialect} that has no counterpart here`);
    }
  }
  return { fields, documents };
}
