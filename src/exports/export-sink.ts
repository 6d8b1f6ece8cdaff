// ExportSink: one place outside that finished requests go to. It only knows how to send a batch; when, how often and what
// becomes of failures is the exporter's (export-loop.ts).
import type { LogRow } from '../core/log-row.ts';

/** What became of a batch. Nothing is thrown for what the other side says. */
export type Delivery =
  /** All of it is there, or was before. @member rejected rows the other side will never take, by their place in the batch, and why */
  | { readonly kind: 'taken'; readonly rejected: readonly RejectedRow[] }
  /** It may be taken if it is sent again. @member afterMs when the other side said how soon */
  | { readonly kind: 'later'; readonly why: string; readonly afterMs: number | null }
  /**
   * None of it will ever be taken as it is sent: credentials, a missing table, a refused schema. It is tried again, seldom.
   * @member splits a smaller batch may be taken (400, 413, 422): the rows at fault are looked for by halves
   */
  | { readonly kind: 'refused'; readonly why: string; readonly splits?: true };

export interface RejectedRow {
  readonly index: number;
  /** Without the row's own text, and without secrets. */
  readonly why: string;
}

export interface ExportSink {
  /** `mixpanel`, `bigquery`, `clickhouse`, `webhook`, `s3`. */
  readonly kind: string;
  /** Rows a batch may have at most. */
  readonly maxRows: number;
  /** Bytes of JSON a batch may have at most (of the rows as `JSON.stringify` writes them). A row that is larger goes by itself. */
  readonly maxBytes: number;
  /** How long the first row of a batch waits for others; by default 1 s. */
  readonly maxAgeMs?: number;
  /** How long `send` may take before its signal aborts; by default 30 s. */
  readonly timeoutMs?: number;
  /** Made ready once, before the first batch (a table, a bucket); asked again until it is `taken`, and after a refusal. Absent: nothing to do. */
  prepare?(signal: AbortSignal): Promise<Delivery>;
  /** What `:test` asks: whether rows would be taken, without sending any. Absent: `prepare`. */
  test?(signal: AbortSignal): Promise<Delivery>;
  /**
   * The same rows may come again, by their ids the other side, or its reader, tells. A batch that is `later` comes again with the
   * same rows in the same order, after a restart as well. Never called twice at once.
   */
  send(rows: readonly LogRow[], signal: AbortSignal): Promise<Delivery>;
  close?(): Promise<void>;
}
