// The text of a bill → what is kept of it, or why not, as something that goes from thread to thread.
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { BillAnswer, BillQuestion } from './bill-reader.ts';
import { billedDays } from './billed.ts';
import { readBill } from './read-bill.ts';

export function answerBill({ text, name }: BillQuestion): BillAnswer {
  try {
    const bill = readBill(text);
    const { vendor: provider, format, statements, days } = bill;
    if (days.length === 0 || statements.length === 0)
      throw new GatewayError(
        'invalid_request',
        `${format}: the export is empty. Nothing was imported.`,
      );
    const figures = billedDays(bill);
    return { bill: { provider, format, name, statements, days, figures, whole: false } };
  } catch (thrown) {
    const { code, message, details } = toGatewayError(thrown);
    return { code, message, problems: details.problems };
  }
}
