// SpoolRecord: one line of the spool, as text and read again.
import type { Exchange } from '../../core/exchange.ts';
import { isObject } from '../../lib/json.ts';
import type { PricesTable } from '../../store/tables.ts';

export type SpoolRecord = { readonly exchange: Exchange } | { readonly price: PricesTable };

/** With its line break. Null: it cannot be written as JSON. */
export function exchangeLine(exchange: Exchange): string | null {
  try {
    return `{"exchange":${JSON.stringify(exchange)}}\n`;
  } catch {
    return null;
  }
}

export function priceLine(price: PricesTable): string {
  return `{"price":${JSON.stringify(price)}}\n`;
}

/** Null: this is no line of ours, or what a failing disk left of one. */
export function parseLine(line: string): SpoolRecord | null {
  try {
    const parsed: unknown = JSON.parse(line);
    if (!isObject(parsed)) return null;
    return isObject(parsed.exchange) || isObject(parsed.price)
      ? (parsed as unknown as SpoolRecord)
      : null;
  } catch {
    return null;
  }
}
