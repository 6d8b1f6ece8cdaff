// The tables bills are kept in, on either engine: they outlive the log's rows and are written a few times a month.

/** SQL with `?` for its parameters, that both engines read. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly (string | number | null)[];
}

/** Where the tables are, made where they are missing. All reject with `storage_unavailable`. */
export interface BillDatabase {
  all<Row>(statement: Statement): Promise<readonly Row[]>;
  /** All or nothing. */
  write(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void> | void;
}

export const BILL_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS bill_imports (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    format TEXT NOT NULL,
    name TEXT,
    statements TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    figures BIGINT NOT NULL,
    cost_nano BIGINT,
    imported_at BIGINT NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS billed_usage (
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    model TEXT NOT NULL,
    statement TEXT NOT NULL,
    import_id TEXT NOT NULL,
    counts TEXT NOT NULL,
    cost_nano BIGINT,
    parts TEXT NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (provider, day, model, statement)
  )`,
  'CREATE INDEX IF NOT EXISTS billed_usage_import ON billed_usage (import_id)',
  // Which days a statement tells of: a day on which nothing was billed has no figures, and yet a bill.
  `CREATE TABLE IF NOT EXISTS billed_days (
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    statement TEXT NOT NULL,
    import_id TEXT NOT NULL,
    as_of BIGINT NOT NULL,
    PRIMARY KEY (provider, day, statement)
  )`,
];
