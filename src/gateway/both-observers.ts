// BothObservers: two who are told of every attempt.
import type { GatewayError } from '../core/errors.ts';
import type { AttemptObserver } from './attempt-observer.ts';
import type { AttemptRecording } from './attempt-recording.ts';

export class BothObservers implements AttemptObserver {
  readonly #one: AttemptObserver;
  readonly #other: AttemptObserver;

  constructor(one: AttemptObserver, other: AttemptObserver) {
    this.#one = one;
    this.#other = other;
  }

  began(attempt: AttemptRecording): void {
    this.#one.began(attempt);
    this.#other.began(attempt);
  }

  committed(attempt: AttemptRecording): void {
    this.#one.committed(attempt);
    this.#other.committed(attempt);
  }

  ended(attempt: AttemptRecording, error: GatewayError | null): void {
    this.#one.ended(attempt, error);
    this.#other.ended(attempt, error);
  }
}
