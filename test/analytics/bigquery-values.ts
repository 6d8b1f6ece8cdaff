// Whether a row fits a BigQuery table's columns, as streaming inserts judge it.
import type { JsonObject } from '../../src/lib/json.ts';

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly mode?: string;
}

/** Null: it fits. */
export function faultOf(fields: readonly Field[], row: JsonObject): string | null {
  const unknown = Object.keys(row).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) return `no such field: ${unknown}.`;
  for (const { name, type, mode } of fields) {
    const value = row[name] ?? null;
    if (value === null && mode === 'REQUIRED') return `Missing required field: ${name}.`;
    if (value !== null && !isOf(type, value)) return `Cannot convert value to ${type}: ${value}`;
  }
  return null;
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'STRING':
      return typeof value === 'string';
    case 'INTEGER':
      return typeof value === 'string' ? /^-?\d{1,19}$/.test(value) : Number.isSafeInteger(value);
    case 'FLOAT':
      return typeof value === 'number';
    case 'BOOLEAN':
      return typeof value === 'boolean';
    case 'TIMESTAMP':
      return (
        typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(value)
      );
    case 'NUMERIC':
      return typeof value === 'string' && /^-?\d{1,29}(\.\d{1,9})?$/.test(value);
    case 'JSON':
      return typeof value === 'string' && isJson(value);
    default:
      return false;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
