// A redacted body within its size: the longest strings are cut first, with a mark, so that JSON stays JSON.
import { isObject, type Json } from '../../lib/json.ts';

const STRING_LIMITS: readonly number[] = [65_536, 16_384, 4096, 1024, 256, 64];

export interface Fitted {
  readonly text: string;
  readonly cut: boolean;
}

/** @param maxBytes of the text in UTF-8 */
export function fitJson(value: Json, maxBytes: number): Fitted {
  const whole = JSON.stringify(value);
  if (Buffer.byteLength(whole) <= maxBytes) return { text: whole, cut: false };
  for (const limit of STRING_LIMITS) {
    const text = JSON.stringify(shortened(value, limit));
    if (Buffer.byteLength(text) <= maxBytes) return { text, cut: true };
  }
  return fitText(whole, maxBytes);
}

/** Cut between characters. */
export function fitText(text: string, maxBytes: number): Fitted {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return { text, cut: false };
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { text: bytes.toString('utf8', 0, end), cut: true };
}

function shortened(value: Json, limit: number): Json {
  if (typeof value === 'string') {
    if (value.length <= limit) return value;
    // Half of a pair is no character.
    const high = value.charCodeAt(limit - 1);
    const end = high >= 0xd800 && high <= 0xdbff ? limit - 1 : limit;
    return `${value.slice(0, end)}…[cut: ${value.length - end} more characters]`;
  }
  if (Array.isArray(value)) return value.map((item: Json) => shortened(item, limit));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, shortened(member ?? null, limit)]),
  );
}
