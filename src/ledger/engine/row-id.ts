// A row's id and its time: UUIDv7 begins with the Unix milliseconds at which it was made (RFC 9562, 5.7).

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** The end of the year 9999: days after it have names of another length. */
const LAST_MS = 253_402_300_799_999;

/** Whether the log can keep a row under this id. */
export function isRowId(id: string): boolean {
  return UUID.test(id) && timeOf(id) <= LAST_MS;
}

/** Unix milliseconds. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) * 0x10000 + Number.parseInt(id.slice(9, 13), 16);
}

/** Sorts before every id of that millisecond and after every earlier one. */
export function firstIdOf(ms: number): string {
  const hex = Math.min(Math.max(Math.floor(ms), 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The beginning of the hour in which the row's time is. */
export function hourOf(id: string): number {
  const ms = timeOf(id);
  return ms - (ms % HOUR_MS);
}

/** `2026-11-22`, in UTC. */
export function dayOf(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), LAST_MS)).toISOString().slice(0, 10);
}

/** The day's first millisecond. */
export function startOf(day: string): number {
  return Date.parse(day);
}

export function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}

export function dayAfter(day: string): string {
  return dayOf(startOf(day) + DAY_MS);
}

/** As SQLite keeps it: 16 bytes, in the same order as the text. */
export function bytesOf(id: string): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** Back from `bytesOf`. */
export function idOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
