// A prompt and its vector as they stand outside this process, one sealed with the other: a prompt can be guessed from its vector.
import { type SealingKey, seal, unseal } from '../../lib/seal.ts';
import type { AddedMeaning } from './search-worker.ts';

export interface MeaningsSealing {
  /** Null: prompts stand there as they are. */
  readonly seals: SealingKey | null;
  readonly opens: readonly SealingKey[];
}

const PLAIN = 0;
const SEALED = 1;

export function packMeaning({ seals }: MeaningsSealing, added: AddedMeaning): Uint8Array {
  const content = packed(added.text, added.vector);
  if (seals === null) return Buffer.concat([Buffer.of(PLAIN), content]);
  return Buffer.concat([Buffer.of(SEALED), seal(seals, content, placeOf(added))]);
}

/** Null: it is damaged, or belongs elsewhere, or no key opens it, or it stands there plain although there is a key. */
export function unpackMeaning(
  { seals, opens }: MeaningsSealing,
  outside: Pick<AddedMeaning, 'key' | 'partition' | 'expiresAt' | 'whose'>,
  content: Uint8Array,
): AddedMeaning | null {
  const inside = content.subarray(1);
  let bytes = inside;
  if (content[0] === SEALED) {
    const opened = unseal(opens, inside, placeOf(outside));
    if (!opened.ok) return null;
    bytes = opened.bytes;
    // Whoever can write there could otherwise put any prompt to any answer.
  } else if (content[0] !== PLAIN || seals !== null) return null;
  const { key, partition, expiresAt, whose } = outside;
  const unpacked = unpack(bytes);
  return unpacked && { key, partition, expiresAt, whose, ...unpacked };
}

/** Moved to another it does not open. */
function placeOf({ partition, key }: Pick<AddedMeaning, 'key' | 'partition'>): string {
  return JSON.stringify([partition, key]);
}

/** The vector's length, the vector, the text. */
function packed(text: string, vector: Float32Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(vector.length);
  const numbers = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return Buffer.concat([length, numbers, Buffer.from(text)]);
}

function unpack(content: Uint8Array): Pick<AddedMeaning, 'text' | 'vector'> | null {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < 4) return null;
  const end = 4 + 4 * bytes.readUInt32LE(0);
  if (bytes.length < end) return null;
  // A copy: floats stand at multiples of four.
  const vector = new Float32Array(new Uint8Array(bytes.subarray(4, end)).buffer);
  return { vector, text: bytes.toString('utf8', end) };
}
