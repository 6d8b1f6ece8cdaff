// BodyStore: where bodies are kept on one engine, by day, so that a day goes at once.
import type { Packed } from './pack-bodies.ts';

/** Which database bodies are in. */
export type BodiesPlace =
  | { readonly engine: 'sqlite'; readonly dataDir: string }
  /** @member url postgres://… */
  | { readonly engine: 'postgres'; readonly url: string };

export interface StoredBodies extends Packed {
  readonly id: string;
  readonly user: string | null;
}

/** Each rejects with `storage_unavailable`. */
export interface BodyStore {
  /** Each once, however often it comes. */
  put(bodies: readonly StoredBodies[]): Promise<void>;
  get(id: string): Promise<Packed | null>;
  /** How many were there. */
  remove(id: string): Promise<number>;
  removeUser(user: string): Promise<number>;
  /** Gives up the days that ended before this moment. */
  prune(before: number): Promise<void>;
  close(): Promise<void>;
}
