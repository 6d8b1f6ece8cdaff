// AttemptObserver: who is told of every attempt while it goes: health, metrics, prices.
import type { GatewayError } from '../core/errors.ts';
import type { AttemptRecording } from './attempt-recording.ts';

/** Told of each attempt as it goes: `ended` exactly once, with null where it answered. */
export interface AttemptObserver {
  began(attempt: AttemptRecording): void;
  /** Its first content is here. */
  committed(attempt: AttemptRecording): void;
  ended(attempt: AttemptRecording, error: GatewayError | null): void;
}
