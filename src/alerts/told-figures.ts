// Figures as messages tell them: with their units, no longer than they are true.

const NANO = 1e9;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
const MAX_NAME = 100;

/** `$0.0042`, `$12.50`, `$1,204`. */
export function usd(amount: number): string {
  if (amount > 0 && amount < 0.0001) return 'less than $0.0001';
  const digits = amount >= 1000 ? 0 : amount >= 1 || amount === 0 ? 2 : 4;
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: Math.min(digits, 2), maximumFractionDigits: digits })}`;
}

export const nanoUsd = (nano: number): string => usd(nano / NANO);

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

export const percent = (share: number): string =>
  `${(share * 100).toLocaleString('en-US', { maximumFractionDigits: share < 0.1 ? 1 : 0 })} %`;

export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${rest.toLocaleString('en-US', { maximumFractionDigits: rest < 10 ? 1 : 0 })} ${UNITS[unit]}`;
}

/** `45 s`, `12 min`, `3.5 h`, `2 days`. */
export function span(ms: number): string {
  const s = ms / 1000;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  const h = s / 3600;
  return h < 48 ? `${Math.round(h * 10) / 10} h` : `${Math.round(h / 24)} days`;
}

/** Callers name users, sessions and models as they like: one line of it, and not all of a long one. */
export function named(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not get into a message
  const line = text.replace(/[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
  return line.length > MAX_NAME ? `${line.slice(0, MAX_NAME - 1)}…` : line;
}
