// Reading: what an answer means to whoever asked, in the same few words whatever wire it came by.
import type { Json } from '../../../src/lib/json.ts';

type Stop = 'stop' | 'length' | 'tool-calls' | 'refused';

export interface Reading {
  /** With the words of a refusal. */
  readonly text: string;
  /** Without white space: wires separate its pieces differently. */
  readonly reasoning: string;
  /** Calls of the caller's own tools, in order; free text as `{input}`. */
  readonly tools: readonly { readonly name: string; readonly input: Json }[];
  readonly stop: Stop;
  /** Tokens: all that went in, of those what was read from a cache, all that came out. */
  readonly input: number | null;
  readonly cacheRead: number | null;
  readonly output: number | null;
}

/** What a reader found, before it is put into the same words. */
export interface Found {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal?: string;
  readonly tools: readonly { readonly name: string; readonly input: Json }[];
  readonly cut: boolean;
  readonly refused: boolean;
  readonly input: number | null;
  readonly cacheRead: number | null;
  readonly output: number | null;
}

/** A reason that outweighs the others comes first: a cut answer may hold calls, a refused one text. */
export function readingOf(found: Found): Reading {
  const { text, reasoning, refusal = '', tools, cut, refused, input, cacheRead, output } = found;
  const refuses = refused || refusal !== '';
  const stop = cut ? 'length' : tools.length > 0 ? 'tool-calls' : refuses ? 'refused' : 'stop';
  return {
    text: text + refusal,
    reasoning: reasoning.replace(/\s+/g, ''),
    tools,
    stop,
    input,
    cacheRead: cacheRead || null,
    output,
  };
}
