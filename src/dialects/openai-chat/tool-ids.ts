// Tool-call ids for makers that are particular about them.

import type { Quirks } from '../../core/provider.ts';

const ALNUM9 = /^[A-Za-z0-9]{9}$/;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const MAX_CHARS = 40;

/** An id as the target wants it, made from the whole id: the same for the call and its result. */
export function fitToolId(id: string, format: Quirks['toolIdFormat']): string {
  switch (format) {
    case 'alnum9':
      return ALNUM9.test(id) ? id : digits(id, 9);
    case 'max40':
      return id.length <= MAX_CHARS ? id : `call_${digits(id, 24)}`;
    case 'any':
    case undefined:
      return id;
  }
}

function digits(id: string, count: number): string {
  let out = '';
  for (let salt = 0; out.length < count; salt++) {
    let hash = fnv1a(id, salt);
    for (let digit = 0; digit < 5 && out.length < count; digit++) {
      out += DIGITS[hash % 62];
      hash = Math.floor(hash / 62);
    }
  }
  return out;
}

/** FNV-1a, 32 bits, with a final mix so that nearby ids do not give nearby digits. */
function fnv1a(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
