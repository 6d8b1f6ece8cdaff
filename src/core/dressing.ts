// Dressing: what a router puts to a caller's request before it is sent on, with all its variables filled in.
import type { JsonObject } from '../lib/json.ts';
import type { GenerationConfig, MessageTemplate, VariantSettings } from './router.ts';

export interface Dressing {
  /** Stand before the caller's messages; nothing in them is a variable any more. */
  readonly prompt: readonly MessageTemplate[];
  /** Put in where the request says nothing of it. */
  readonly generation: GenerationConfig;
  readonly search: Pick<VariantSettings, 'webSearch' | 'webSearchOptions'>;
  /** Slash commands that are cut from what users typed (without their slash); null: none. */
  readonly commands: ReadonlySet<string> | null;
}

/** The same request in other words of its dialect, and what that dialect has no words for, by path. */
export interface Dressed {
  readonly text: string;
  readonly body: JsonObject;
  /** Names of the generation settings the wire cannot carry; a translation to another wire may. */
  readonly unsaid: readonly (keyof GenerationConfig)[];
}
