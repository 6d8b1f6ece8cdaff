// What is known of an exchange before it is planned: when and where it came in, and what its request says.
import type { DialectId } from '../core/dialect.ts';
import type { TraceParent } from '../core/trace-context.ts';

export interface RecordingStart {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly endpoint: string;
  readonly dialect: DialectId;
  /** Whose trace it belongs to; its providers are told. */
  readonly trace?: TraceParent | null;
}

/** What is known of the caller and the request once they are read. */
export interface RecordedRequest {
  readonly stream: boolean;
  readonly user: string | null;
  readonly requestedModel: string;
  readonly metadata: { readonly [name: string]: unknown } | null;
}

/** Before it is read. */
export const UNREAD: RecordedRequest = {
  stream: false,
  user: null,
  requestedModel: '',
  metadata: null,
};
