// The thread that reads one large bill.
import { answerBill } from './answer-bill.ts';
import type { BillQuestion } from './bill-reader.ts';

declare const self: Worker;

self.onmessage = (event: MessageEvent<BillQuestion>) => {
  self.postMessage(answerBill(event.data));
};
