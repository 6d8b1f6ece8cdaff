// Thoughts: the reasoning a model did before it called a tool, as it is kept and put back where a client dropped it.
import type { JsonObject } from '../lib/json.ts';
import type { ReasoningPart, RedactedReasoningPart } from './call.ts';
import type { Target } from './dialect.ts';

export type ThoughtPart = ReasoningPart | RedactedReasoningPart;

/** A part, and whether it came after text of the same turn: it goes back where it was. */
export interface Thought {
  readonly part: ThoughtPart;
  readonly afterText: boolean;
}

/** What preceded one call, and who thought it: state is its maker's alone. */
export interface CallThoughts {
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
  readonly thoughts: readonly Thought[];
}

/** A tool call as the conversation has it. */
export interface PastCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, or a free-text tool's input. */
  readonly arguments: string;
}

/** An assistant turn whose calls came back without the reasoning that belongs to them. */
export interface BareTurn {
  /** Its place in the list of messages or items. */
  readonly at: number;
  readonly path: string;
  readonly calls: readonly PastCall[];
}

/** The same, with what is to be put back, by call; empty where nothing is known and something stands for it. */
export interface FilledTurn extends BareTurn {
  readonly parts: ReadonlyMap<PastCall, readonly Thought[]>;
}

/** How a caller's own text gets reasoning back: by splicing, every other byte stays. */
export interface ReasoningReplay {
  /** The turns that lack what this target insists on. Cheap where there are none. */
  bareTurns(body: JsonObject, target: Target): readonly BareTurn[];
  /** True where even a turn of which nothing is known must have something: a stand-in. Absent: never. */
  needsStandIns?(body: JsonObject, target: Target): boolean;
  restore(text: string, turns: readonly FilledTurn[], target: Target): string;
}
