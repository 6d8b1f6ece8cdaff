// The thread that owns the file of kept answers: neither writing, sealing nor looking up ever holds up a request.
import type { FromDatabaseThread, ToDatabaseThread } from '../../store/database-thread.ts';
import { databasePath } from '../../store/open-store.ts';
import { storageError } from '../../store/storage-error.ts';
import type { AnswerSealing } from '../answer-seal.ts';
import type {
  AnswerQuestion,
  AnswerTask,
  DroppedAnswers,
  DropsSince,
  FileBounds,
  FoundAnswer,
  LoadedAnswers,
} from './answer-rows.ts';
import { AnswerTable, CACHE_FILE } from './answer-table.ts';

declare const self: Worker;

/** Told before anything else. */
export interface SealingMessage {
  readonly kind: 'sealing';
  readonly sealing: AnswerSealing;
}

/** What one piece holds at most: the main thread reads it in one turn. */
const PIECE_ROWS = 100;
const PIECE_CHARS = 512 * 1024;

let dataDir = '';
let sealing: AnswerSealing = { seals: null, opens: [] };
let table: AnswerTable | null = null;
/** Those that are still to be loaded, the next first; null: it is not known which. */
let toLoad: readonly string[] | null = null;
let loadedTo = 0;
let unopened = 0;

self.onmessage = (event: MessageEvent<ToDatabaseThread<AnswerQuestion | SealingMessage>>): void => {
  const message = event.data;
  switch (message.kind) {
    case 'sealing':
      ({ sealing } = message);
      break;
    case 'open':
      dataDir = message.path;
      break;
    case 'task':
      self.postMessage(answer(message.id, JSON.parse(message.json) as AnswerTask));
      break;
    case 'close':
      release();
      self.postMessage({ kind: 'closed' } satisfies FromDatabaseThread);
      break;
    default:
      message satisfies never;
  }
};

/** After a failure the next piece of work opens the file anew: it may have been replaced. */
function answer(id: number, task: AnswerTask): FromDatabaseThread {
  try {
    table ??= AnswerTable.open(dataDir, sealing);
    return { kind: 'done', id, json: JSON.stringify(done(table, task) ?? null) };
  } catch (error) {
    release();
    return {
      kind: 'failed',
      id,
      message: storageError(error, databasePath(dataDir, CACHE_FILE)).message,
    };
  }
}

type Done = FoundAnswer | LoadedAnswers | DroppedAnswers | DropsSince | null;

function done(answers: AnswerTable, task: AnswerTask): Done {
  switch (task.kind) {
    case 'write':
      answers.write(task.changes, task.bounds, task.now);
      return null;
    case 'find': {
      const found = answers.find(task.key, task.now);
      return found === 'no-key' ? null : found;
    }
    case 'load':
      return piece(answers, task.bounds, task.now);
    case 'drop':
      return answers.drop(task.filter);
    case 'tend': {
      answers.used(task.used);
      if (task.prunes) prune(task.bounds, task.now);
      return answers.dropsSince(task.since);
    }
  }
}

function piece(answers: AnswerTable, bounds: FileBounds, now: number): LoadedAnswers {
  toLoad ??= answers.newest(bounds, now);
  const rows: FoundAnswer[] = [];
  let chars = 0;
  while (loadedTo < toLoad.length && rows.length < PIECE_ROWS && chars < PIECE_CHARS) {
    const found = answers.find(toLoad[loadedTo] ?? '', now);
    loadedTo += 1;
    if (found === 'no-key') unopened += 1;
    else if (found !== null) {
      rows.push(found);
      chars += found.text.length;
    }
  }
  const isLast = loadedTo >= toLoad.length;
  if (isLast) toLoad = [];
  return { rows, isLast, gen: answers.gen, unopened };
}

/** A piece at a time: between two of them the thread answers others. */
function prune(bounds: FileBounds, now: number): void {
  try {
    if (table?.prune(bounds, now) === true) setTimeout(() => prune(bounds, now), 0);
  } catch {
    // Whatever is wrong, the next piece of work meets it too, and is told.
    release();
  }
}

function release(): void {
  try {
    table?.close();
  } catch {
    // it was unusable already
  }
  table = null;
}
