// Exact decimals: amounts as vendors write them, added without a float and rounded to billionths of a dollar once, at the end.

/** `coefficient × 10^exponent`, without trailing zeros. */
export interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

export const ZERO: Decimal = { coefficient: 0n, exponent: 0 };

/** Billionths of a dollar in the units amounts come in, as powers of ten. */
export const UNITS = { dollars: 9, cents: 7 } as const;

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;
const MAX_CHARS = 10_000;
/** Beyond it an amount is no money but a mistake. (A zero may have any exponent: `0E-6176` stands in real cost reports.) */
const MAX_EXPONENT = 60;

/** Null where the text is no decimal number. */
export function parseDecimal(text: string): Decimal | null {
  const trimmed = text.trim();
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    trimmed.length > MAX_CHARS ? [] : (FORM.exec(trimmed) ?? []);
  if (sign === undefined || whole + fraction === '') return null;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return ZERO;
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  if (Math.abs(power) > MAX_EXPONENT || significant.length > MAX_EXPONENT) return null;
  const coefficient = BigInt(significant);
  return { coefficient: sign === '-' ? -coefficient : coefficient, exponent: power };
}

export function add(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return { coefficient: scaled(a, exponent) + scaled(b, exponent), exponent };
}

function scaled({ coefficient, exponent }: Decimal, to: number): bigint {
  return coefficient * 10n ** BigInt(exponent - to);
}

/** In billionths of a dollar, half away from zero; null where that is no safe integer. @param unit power of ten of one of the amount's units in billionths */
export function toNano(amount: Decimal, unit: number): number | null {
  const power = amount.exponent + unit;
  if (power >= 0) return safe(amount.coefficient * 10n ** BigInt(power));
  const divisor = 10n ** BigInt(-power);
  const { coefficient } = amount;
  const size = coefficient < 0n ? -coefficient : coefficient;
  const rounded = (2n * size + divisor) / (2n * divisor);
  return safe(coefficient < 0n ? -rounded : rounded);
}

/** The number where it is a whole one that is not negative. `10.0`, as spreadsheets write it, is one. */
export function toCount(text: string): number | null {
  const value = parseDecimal(text);
  if (value === null || value.coefficient < 0n || value.exponent < 0) return null;
  return safe(scaled(value, 0));
}

function safe(value: bigint): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}
