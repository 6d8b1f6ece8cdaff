// Rescue: another target goes on with an answer that broke off after the caller had some of it.
import type { Delivered } from '../core/delivered.ts';
import { ERRORS, GatewayError, toGatewayError } from '../core/errors.ts';
import type { Answered } from './attempt.ts';
import { complete } from './complete.ts';
import { mayGoOn } from './continue-call.ts';
import { type Attempts, failed, type Work } from './try-target.ts';

/** The caller's copy of an answer is kept up to here; a longer one ends where it breaks off. */
const MAX_DELIVERED_CHARS = 4 * 1024 * 1024;

/** Who goes on with an answer that broke off. */
export interface Successor {
  /** Whether somebody is left who could go on with what was delivered. */
  possible(delivered: Delivered): boolean;
  /** Whether another may truthfully go on after this failure. */
  mayGoOn(delivered: Delivered, broken: GatewayError): boolean;
  /** The rest of the answer. Rejects with why nobody goes on. */
  goOn(delivered: Delivered, broken: GatewayError): Promise<Answered>;
}

export class Rescue implements Successor {
  readonly #attempts: Attempts;
  readonly #work: (delivered: Delivered) => Work<Answered>;

  /** @param work what is asked of another target, given what was delivered. */
  constructor(attempts: Attempts, work: (delivered: Delivered) => Work<Answered>) {
    this.#attempts = attempts;
    this.#work = work;
  }

  /** Whether somebody is left who could go on with what was delivered. */
  possible(delivered: Delivered): boolean {
    return this.#attempts.line.hasMore() && isGoneOnWith(delivered);
  }

  /** Whether another may truthfully go on: the fault is the provider's, and what was delivered is words alone. */
  mayGoOn(delivered: Delivered, { code, next }: GatewayError): boolean {
    const theirs = ERRORS[code].fault === 'upstream' || ERRORS[code].fault === 'operator';
    const another = next === 'retry' || next === 'fallback';
    return theirs && another && isGoneOnWith(delivered);
  }

  /** The rest of the answer, from the first target that gives one. Throws why the answer broke off, and who could not go on. */
  async goOn(delivered: Delivered, broken: GatewayError): Promise<Answered> {
    const { line, recording, abort } = this.#attempts;
    const work = this.#work(delivered);
    const record = recording.current;
    if (record !== null) failed({ work, attempts: this.#attempts, target: record }, record, broken);
    if (!line.hasMore()) throw broken;
    try {
      return await complete(work, this.#attempts);
    } catch (thrown) {
      throw abort.reason ?? notGoneOn(broken, toGatewayError(thrown));
    }
  }
}

function isGoneOnWith(delivered: Delivered): boolean {
  return delivered.chars <= MAX_DELIVERED_CHARS && mayGoOn(delivered);
}

function notGoneOn(broken: GatewayError, last: GatewayError): GatewayError {
  return new GatewayError(
    broken.code,
    `${broken.message} Another model could not go on with it: ${last.message}`,
    broken.details,
  );
}
