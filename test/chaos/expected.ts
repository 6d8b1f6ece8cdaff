// What a case has to come to.
import type { Case } from './run-case.ts';

/**
 * `whole`  the caller gets the whole answer and never learns
 * `error`  nothing was shown: an HTTP error
 * `told`   something was: an error event after it
 * `as-is`  nothing can tell that it happened: what came is shown
 */
export type Expected = 'whole' | 'error' | 'told' | 'as-is';

export function expectedOf({ fault, stream, rescuer }: Case): Expected {
  if (fault.codes.length === 0) return 'whole';
  const isAlone = rescuer === null;
  if (fault.fatal === undefined && !isAlone)
    return fault.unseen !== undefined && stream ? 'as-is' : 'whole';
  if (isAlone && fault.harmlessAlone) return 'whole';
  return stream && fault.strikes !== 'before' ? 'told' : 'error';
}
