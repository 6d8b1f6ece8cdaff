// The worker that reads the log: its own connections, so that no question waits for writing or keeps it waiting.
import { toGatewayError } from '../core/errors.ts';
import type { FromDatabaseThread, ToDatabaseThread } from '../store/database-thread.ts';
import { answerQuestion, type LogQuestion } from './answer-question.ts';
import { openLogStore } from './engine/open-log-store.ts';
import type { LogPlace, LogStore } from './log-store.ts';

declare const self: Worker;

let place: LogPlace | null = null;
let store: Promise<LogStore> | null = null;
const asked = new Set<Promise<void>>();

self.onmessage = (event: MessageEvent<ToDatabaseThread<LogQuestion>>) => {
  const request = event.data;
  if (request.kind === 'open') {
    place = JSON.parse(request.path) as LogPlace;
    return;
  }
  if (request.kind === 'close') {
    void close();
    return;
  }
  const answering = answer(request).finally(() => asked.delete(answering));
  asked.add(answering);
};

async function answer(question: LogQuestion): Promise<void> {
  const { id } = question;
  const tell = (told: FromDatabaseThread) => self.postMessage(told);
  try {
    tell({ kind: 'done', id, json: await answerQuestion(await opened(), question) });
  } catch (thrown) {
    tell({ kind: 'failed', id, message: toGatewayError(thrown).message });
  }
}

/** With the first question, and again with the next one where that failed. */
function opened(): Promise<LogStore> {
  if (place === null) return Promise.reject(new Error('Asked before it was opened.'));
  store ??= openLogStore(place, { write: false });
  store.catch(() => {
    store = null;
  });
  return store;
}

async function close(): Promise<void> {
  await Promise.allSettled(asked);
  await store?.then((open) => open.close()).catch(() => null);
  self.postMessage({ kind: 'closed' } satisfies FromDatabaseThread);
}
