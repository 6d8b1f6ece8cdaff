// How an answer ended, in this wire's words.
import type { FinishReason } from '../../core/event.ts';
import type { Ending } from './response-object.ts';

/** A refusal the model spoke is a whole answer; one that only its maker tells is an answer withheld. */
export function endingOf(
  reason: FinishReason,
  refused: boolean,
): Pick<Ending, 'incomplete'> & { readonly status: 'completed' | 'incomplete' } {
  switch (reason) {
    case 'length':
      return { status: 'incomplete', incomplete: 'max_output_tokens' };
    case 'content-filter':
      return { status: 'incomplete', incomplete: 'content_filter' };
    case 'refusal':
      return refused
        ? { status: 'completed' }
        : { status: 'incomplete', incomplete: 'content_filter' };
    case 'stop':
    case 'tool-calls':
    case 'pause':
    case 'other':
      return { status: 'completed' };
  }
}
