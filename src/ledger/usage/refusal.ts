// How the thread that reads the log says that it refuses a question, beside its answers.
import { GatewayError } from '../../core/errors.ts';

/** What a refusal begins with. No answer does: JSON, or the name of a column. */
export const REFUSED = '!';

/** The answer, or throws `invalid_request` where it is a refusal. */
export function unlessRefused(answer: string): string {
  if (!answer.startsWith(REFUSED)) return answer;
  const { message, param } = JSON.parse(answer.slice(REFUSED.length)) as {
    message: string;
    param?: string;
  };
  throw new GatewayError('invalid_request', message, { param });
}
