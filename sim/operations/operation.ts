// What the simulated provider is asked at an endpoint beside chat, and what it answers.
import type { JsonObject } from '../../src/lib/json.ts';
import type { Behaviour } from '../behaviour.ts';
import type { Frame } from '../wire.ts';

export interface OperationAsk {
  /** Of a form: its text fields, and each file as `{filename, bytes}`, the number of them. */
  readonly fields: JsonObject;
  readonly model: string;
  readonly behaviour: Behaviour;
  /** Unix seconds. */
  readonly created: number;
}

/** A whole reply, or the frames of a streamed one. */
export type OperationAnswer =
  | { readonly contentType: string; readonly body: string | Buffer }
  | { readonly frames: Generator<Frame, void> };

/** A reply that is JSON. */
export function json(body: JsonObject): OperationAnswer {
  return { contentType: 'application/json', body: JSON.stringify(body) };
}
