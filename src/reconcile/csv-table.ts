// A CSV export as a table: rows by the names of their columns, each with the line it begins on.
import { CsvError, parse } from 'csv-parse/sync';

export interface CsvRow {
  readonly line: number;
  /** Trimmed; '' where the row has no such column. */
  get(column: string): string;
}

export interface CsvTable {
  /** In lower case. */
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
  /** Where the text is no table after all. */
  readonly problem: { readonly line: number; readonly message: string } | null;
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** People open exports in spreadsheets, which write tabs or semicolons back: what the first line separates by counts. */
export function readCsv(text: string): CsvTable {
  const heading =
    text
      .slice(0, 10_000)
      .split(/\r?\n/)
      .find((line) => line.trim() !== '') ?? '';
  const delimiter = [',', '\t', ';'].reduce((best, sign) =>
    heading.split(sign).length > heading.split(best).length ? sign : best,
  );
  let parsed: readonly Parsed[];
  try {
    const options = { info: true, bom: true, relax_column_count: true, skip_empty_lines: true };
    parsed = parse(text, { ...options, delimiter }) as unknown as readonly Parsed[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? error.lines : 1;
    return { columns: [], rows: [], problem: { line, message: `is no CSV (${error.code})` } };
  }
  const [first, ...rest] = parsed;
  const columns = (first?.record ?? []).map((name) => name.trim().toLowerCase());
  const at = new Map(columns.map((name, index) => [name, index]));
  const rows = rest.map(({ record, info }) => ({
    // The parser tells the line a record ends on.
    line: info.lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0),
    get: (column: string) => record[at.get(column) ?? -1]?.trim() ?? '',
  }));
  return { columns, rows, problem: null };
}
