// How an answer's text stands outside this process: sealed where there is a master key, else with a sum that shows damage.
// Either belongs to its key: in another's place it does not open.
import { type SealingKey, seal, sealingKey, unseal } from '../lib/seal.ts';

/** Keys for one purpose open nothing that is sealed for another. */
const PURPOSE = 'cached answers';

/** Crosses threads as it is. */
export interface AnswerSealing {
  /** Null: they stand as they are. */
  readonly seals: SealingKey | null;
  /** Those that open: the one that seals, and those before it. */
  readonly opens: readonly SealingKey[];
}

export function answerSealing(masterKeys: {
  readonly current: Uint8Array | null;
  readonly previous: readonly Uint8Array[];
}): AnswerSealing {
  const { current, previous } = masterKeys;
  const seals = current && sealingKey(current, PURPOSE);
  const opens = previous.map((key) => sealingKey(key, PURPOSE));
  return { seals, opens: seals === null ? opens : [seals, ...opens] };
}

/** @returns text where nothing is sealed, else bytes */
export function closeAnswer(
  { seals }: AnswerSealing,
  key: string,
  text: string,
): string | Uint8Array {
  if (seals !== null) return seal(seals, Buffer.from(text), key);
  return `${sumOf(key, text)}\n${text}`;
}

export type Opened =
  | { readonly ok: true; readonly text: string }
  /** `plain`: it should be sealed and is not; `no-key`: sealed by a key that is not among these. */
  | { readonly ok: false; readonly why: 'plain' | 'no-key' | 'damaged' };

export function openAnswer(
  { seals, opens }: AnswerSealing,
  key: string,
  value: string | Uint8Array,
): Opened {
  if (typeof value !== 'string') {
    const found = unseal(opens, value, key);
    return found.ok ? { ok: true, text: Buffer.from(found.bytes).toString('utf8') } : found;
  }
  // Whoever can write where it stands could otherwise put any answer there.
  if (seals !== null) return { ok: false, why: 'plain' };
  const end = value.indexOf('\n');
  const text = value.slice(end + 1);
  return end > 0 && value.slice(0, end) === sumOf(key, text)
    ? { ok: true, text }
    : { ok: false, why: 'damaged' };
}

/** Against faults, not against people: who may write there may write what they like. */
function sumOf(key: string, text: string): string {
  return Bun.hash(text, Bun.hash.crc32(key)).toString(36);
}
