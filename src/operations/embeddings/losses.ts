// Fields of an embeddings request that a foreign wire has no word for.
import type { OperationCall } from '../../core/operation.ts';
import { OUR_FIELDS } from '../../core/options.ts';

/** Carried by every wire, or attended to here. `user` is attribution, which the gateway does. */
const ALWAYS: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'user']);

export function lossesOf({ fields }: OperationCall, known: ReadonlySet<string>): string[] {
  return Object.keys(fields)
    .filter((name) => fields[name] != null)
    .filter((name) => !ALWAYS.has(name) && !known.has(name) && !OUR_FIELDS.has(name))
    .map((name) => `${name}: this model’s wire has no such field`);
}
