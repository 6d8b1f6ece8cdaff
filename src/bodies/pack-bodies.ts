// Bodies on their way to the database and back: redacted, cut to size, compressed, sealed.
import { GatewayError } from '../core/errors.ts';
import { type Json, parseJson } from '../lib/json.ts';
import { type SealingKey, seal, unseal } from '../lib/seal.ts';
import type { KeptBodies, KeptBody, RawBodies, RawBody, ReadBodies } from './kept-bodies.ts';
import { fitJson, fitText } from './redaction/fit-size.ts';
import { type DropPath, redactJson } from './redaction/redact-json.ts';
import { redactStream } from './redaction/redact-stream.ts';
import type { Redaction } from './redaction/redaction.ts';

export interface PackRules {
  readonly redaction: Redaction;
  readonly drops: readonly DropPath[];
  /** Of one body. */
  readonly maxBytes: number;
  /** Null: they are compressed and not sealed. */
  readonly key: SealingKey | null;
}

export interface Packed {
  readonly sealed: boolean;
  readonly data: Uint8Array;
}

export function packBodies(bodies: RawBodies, rules: PackRules): Packed {
  const named = new Set<string>();
  const request = bodies.request && keptBody(bodies.request, rules, named);
  const reply = bodies.reply && keptBody(bodies.reply, rules, named);
  const kept: KeptBodies = { request, reply, redacted: [...named].sort() };
  const compressed = Bun.zstdCompressSync(JSON.stringify(kept));
  if (rules.key === null) return { sealed: false, data: compressed };
  return { sealed: true, data: seal(rules.key, compressed, bodies.id) };
}

/** Throws `storage_unavailable` where they are sealed by a key that is not there, or damaged. */
export function unpackBodies(id: string, packed: Packed, keys: readonly SealingKey[]): ReadBodies {
  const bytes = packed.sealed ? opened(id, packed.data, keys) : packed.data;
  const kept = JSON.parse(Buffer.from(Bun.zstdDecompressSync(bytes)).toString()) as KeptBodies;
  return { ...kept, sealed: packed.sealed };
}

function opened(id: string, data: Uint8Array, keys: readonly SealingKey[]): Uint8Array {
  const unsealed = unseal(keys, data, id);
  if (unsealed.ok) return unsealed.bytes;
  throw new GatewayError(
    'storage_unavailable',
    unsealed.why === 'no-key'
      ? `The bodies of ${id} are sealed by the master key ${unsealed.keyId}, which is not here: put it into SWITCHYARD_MASTER_KEY_PREVIOUS.`
      : `The bodies of ${id} are damaged: they do not open with the key that sealed them.`,
  );
}

function keptBody(body: RawBody, rules: PackRules, named: Set<string>): KeptBody {
  const { type, size } = body;
  if (body.text === null) return { type, size, text: null, cut: false };
  const { text, cut } = fitted(body.text, body.type, rules, named);
  return { type, size, text, cut: cut || body.cut };
}

function fitted(
  text: string,
  type: string,
  { redaction, drops, maxBytes }: PackRules,
  named: Set<string>,
): { readonly text: string; readonly cut: boolean } {
  if (type.startsWith('text/event-stream'))
    return fitText(redactStream(text, redaction, drops, named), maxBytes);
  const json: Json | undefined = parseJson(text);
  if (json === undefined) return fitText(redaction.text(text, named), maxBytes);
  return fitJson(redactJson(json, redaction, drops, named), maxBytes);
}
