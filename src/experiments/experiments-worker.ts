// The thread that keeps and reads experiments, on its own connection: neither a post of a thousand outcomes nor a question
// about a hundred thousand users takes a moment of a request's thread.
import type { Database } from 'bun:sqlite';
import { connect } from '../store/connect.ts';
import type { FromDatabaseThread, ToDatabaseThread } from '../store/database-thread.ts';
import { storageError } from '../store/storage-error.ts';
import { keepOutcomes } from './keep-outcomes.ts';
import type { Outcome } from './outcome.ts';
import {
  type PlacedRequest,
  placeByRequest,
  placeByUser,
  waitingRequests,
} from './place-outcomes.ts';
import { prune } from './prune.ts';
import { type ExperimentQuery, listExperiments, readExperiment } from './read-experiment.ts';
import { readModelOutcomes } from './read-model-outcomes.ts';

declare const self: Worker;

/** What is asked for, at what moment (Unix milliseconds). */
export type Task =
  | { readonly kind: 'keep'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'read'; readonly query: ExperimentQuery }
  | { readonly kind: 'list' }
  | { readonly kind: 'models' }
  /** Which requests the outcomes that wait name; then what the log has of them. */
  | { readonly kind: 'waiting'; readonly after: string }
  | {
      readonly kind: 'place';
      readonly lookedUp: readonly (readonly [string, PlacedRequest | null])[];
    }
  | { readonly kind: 'prune' };

/** The task as JSON: text crosses threads far cheaper than objects. */
export interface TaskQuestion {
  readonly kind: 'task';
  readonly id: number;
  readonly now: number;
  readonly json: string;
}

let path = '';
let sqlite: Database | null = null;

self.onmessage = (event: MessageEvent<ToDatabaseThread<TaskQuestion>>) => {
  const message = event.data;
  switch (message.kind) {
    case 'open':
      path = message.path;
      break;
    case 'task':
      self.postMessage(answer(message.id, JSON.parse(message.json) as Task, message.now));
      break;
    case 'close':
      sqlite?.close();
      sqlite = null;
      self.postMessage({ kind: 'closed' } satisfies FromDatabaseThread);
      break;
    default:
      message satisfies never;
  }
};

function answer(id: number, task: Task, now: number): FromDatabaseThread {
  try {
    sqlite ??= connect(path);
    return { kind: 'done', id, json: JSON.stringify(run(sqlite, task, now)) };
  } catch (error) {
    return { kind: 'failed', id, message: storageError(error, path).message };
  }
}

function run(connection: Database, task: Task, now: number): unknown {
  switch (task.kind) {
    case 'keep':
      return keepOutcomes(connection, task.outcomes, now);
    case 'read':
      return readExperiment(connection, task.query, now);
    case 'list':
      return listExperiments(connection);
    case 'models':
      placeByUser(connection, now);
      return readModelOutcomes(connection, now);
    case 'waiting':
      return waitingRequests(connection, task.after);
    case 'place':
      placeByRequest(connection, now, new Map(task.lookedUp));
      return null;
    case 'prune':
      return prune(connection, now);
    default:
      return task satisfies never;
  }
}
