// An id and its time: UUIDv7 begins with the Unix milliseconds at which it was made (RFC 9562, 5.7).
import { HOUR_MS, LAST_MS } from './utc-day.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether rows can be kept under this id: a UUID, of a day that has a name. */
export function isRowId(id: string): boolean {
  return UUID.test(id) && timeOf(id) <= LAST_MS;
}

/** As the gateway makes them. */
export function isUuidV7(id: string): boolean {
  return UUID_V7.test(id);
}

/** Unix milliseconds. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) * 0x10000 + Number.parseInt(id.slice(9, 13), 16);
}

/** The beginning of the hour in which the id's time is. */
export function hourOf(id: string): number {
  const ms = timeOf(id);
  return ms - (ms % HOUR_MS);
}

/** Sorts before every id of that millisecond and after every earlier one. */
export function firstIdOf(ms: number): string {
  const hex = Math.min(Math.max(Math.floor(ms), 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The least id that is greater. */
export function idAfter(id: string): string {
  return dashed((BigInt(`0x${id.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0'));
}

/** 16 bytes, in the same order as the text. */
export function bytesOf(id: string): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** Back from `bytesOf`. */
export function idOf(bytes: Uint8Array): string {
  return dashed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'));
}

function dashed(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
