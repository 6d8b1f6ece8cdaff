// The thread that exports: reads the spool beside the log's own thread, and asks the main thread for what only the log has.

import { GatewayError } from '../core/errors.ts';
import type { LogRow } from '../core/log-row.ts';
import type { LoggedPage, LoggedRows, LogPageQuestion } from '../exports/export-lane.ts';
import type { Delivery } from '../exports/export-sink.ts';
import { ExportState } from '../exports/export-state.ts';
import type { ExportStatus } from '../exports/export-status.ts';
import { Exporter } from '../exports/exporter.ts';
import type { ExportsByName } from '../exports/exports-by-name.ts';
import { KeptExposures } from '../exports/exposure-memory.ts';
import { openSink } from '../exports/sinks.ts';
import type { LogLevel } from '../lib/log.ts';
import { registeredExports, SpoolLanes } from './spool-lanes.ts';

declare const self: Worker;

/** A page of the log, as the log's thread wrote it: one row a line. */
export interface LogPageText {
  readonly text: string;
  readonly nextCursor: string | null;
}

export type LogQuestion =
  | { readonly kind: 'page'; readonly page: LogPageQuestion }
  | { readonly kind: 'rows'; readonly ids: readonly string[] };

export type ToExportWorker =
  | {
      readonly kind: 'start';
      readonly exports: ExportsByName;
      readonly environment: { readonly [name: string]: string | undefined };
      readonly dataDir: string;
      /** switchyard.db */
      readonly path: string;
      readonly folder: string;
      readonly owner: string;
      readonly maxLagBytes: number;
    }
  | { readonly kind: 'configure'; readonly exports: ExportsByName }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'test'; readonly id: number; readonly name: string }
  | { readonly kind: 'page'; readonly id: number; readonly page: LogPageText }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: readonly (LogRow | null)[] }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'close'; readonly withinMs: number };

export type FromExportWorker =
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'status'; readonly statuses: readonly ExportStatus[] }
  | { readonly kind: 'tested'; readonly id: number; readonly answer: Delivery | null }
  | { readonly kind: 'ask'; readonly id: number; readonly question: LogQuestion }
  | { readonly kind: 'closed' };

let exporter: Exporter | null = null;
let lastId = 0;
const asked = new Map<
  number,
  { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }
>();

self.onmessage = (event: MessageEvent<ToExportWorker>) => {
  const message = event.data;
  switch (message.kind) {
    case 'start':
      start(message);
      return;
    case 'configure':
      void exporter?.configure(message.exports);
      return;
    case 'refresh':
      exporter?.refresh();
      return;
    case 'test':
      void test(message.id, message.name);
      return;
    case 'page':
      settle(message.id, message.page);
      return;
    case 'rows':
      settle(message.id, message.rows);
      return;
    case 'failed':
      asked.get(message.id)?.reject(new GatewayError('storage_unavailable', message.message));
      asked.delete(message.id);
      return;
    case 'close':
      void close(message.withinMs);
      return;
    default:
      message satisfies never;
  }
};

function start(message: Extract<ToExportWorker, { kind: 'start' }>): void {
  const { exports, environment, dataDir, path, folder, owner, maxLagBytes } = message;
  const now = Date.now;
  const log = (level: LogLevel, text: string) => reply({ kind: 'log', level, message: text });
  exporter = new Exporter({
    state: new ExportState(path, owner, now),
    rows,
    openLanes: (name) => new SpoolLanes({ dataDir, folder, name, now }),
    registered: () => registeredExports(dataDir, folder),
    openSink: (name, settings) => {
      const exposures = new KeptExposures(path, name);
      return openSink(settings, { name, environment, fetch, now, log, exposures });
    },
    maxLagBytes,
    log,
    now,
    chance: Math.random,
    onStatus: (statuses) => reply({ kind: 'status', statuses }),
  });
  void exporter.configure(exports);
}

const rows: LoggedRows = {
  async page(page): Promise<LoggedPage> {
    const { text, nextCursor } = await ask<LogPageText>({ kind: 'page', page });
    const lines = text.split('\n').filter((line) => line !== '');
    return { rows: lines.map((line) => JSON.parse(line) as LogRow), nextCursor };
  },
  rows: (ids) => ask<readonly (LogRow | null)[]>({ kind: 'rows', ids }),
};

function ask<Answer>(question: LogQuestion): Promise<Answer> {
  lastId += 1;
  const id = lastId;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  asked.set(id, { resolve: (answer) => resolve(answer as Answer), reject });
  reply({ kind: 'ask', id, question });
  return promise;
}

function settle(id: number, answer: unknown): void {
  asked.get(id)?.resolve(answer);
  asked.delete(id);
}

async function test(id: number, name: string): Promise<void> {
  reply({ kind: 'tested', id, answer: (await exporter?.test(name)) ?? null });
}

async function close(withinMs: number): Promise<void> {
  await exporter?.close(withinMs);
  reply({ kind: 'closed' });
}

function reply(message: FromExportWorker): void {
  self.postMessage(message);
}
