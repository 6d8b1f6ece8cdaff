// Reads a bill on a thread of its own: a month by the minute is tens of megabytes, and requests must not wait for it.
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import type { NewBill } from './bill-store.ts';

/** What is worth a thread. Reading that much takes some ten milliseconds. */
const WORTH_A_THREAD_CHARS = 256 * 1024;

export interface BillQuestion {
  readonly text: string;
  readonly name: string | null;
}

export type BillAnswer =
  | { readonly bill: NewBill }
  | {
      readonly code: ErrorCode;
      readonly message: string;
      readonly problems?:
        | readonly { readonly path: string; readonly message: string }[]
        | undefined;
    };

/** Rejects with `invalid_request` where it is no bill that can be read. */
export async function readBillAside(question: BillQuestion): Promise<NewBill> {
  // What reads bills is loaded with the first of them.
  const { answerBill } = await import('./answer-bill.ts');
  const answer =
    question.text.length < WORTH_A_THREAD_CHARS ? answerBill(question) : await askThread(question);
  if ('bill' in answer) return answer.bill;
  const { code, message, problems } = answer;
  throw new GatewayError(code, message, problems === undefined ? {} : { problems });
}

function askThread(question: BillQuestion): Promise<BillAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<BillAnswer>();
  const worker = new Worker(new URL('./bill-worker.ts', import.meta.url), { smol: true });
  worker.onmessage = (event: MessageEvent<BillAnswer>) => resolve(event.data);
  worker.onerror = () =>
    reject(new GatewayError('internal', 'The thread that reads bills ended unexpectedly.'));
  worker.postMessage(question);
  return promise.finally(() => worker.terminate());
}
