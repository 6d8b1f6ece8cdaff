// Survey: what routing may ask of a chat request without decoding it: who said what, and what it needs of a model.

export type TurnRole = 'system' | 'user' | 'assistant' | 'tool';

/** One turn of the conversation. A result of a tool is a turn of its own (`tool`), whatever message of the wire it came in. */
export interface Turn {
  readonly role: TurnRole;
  /** Its texts, joined by newlines; '' where it has none. */
  readonly text: string;
  /**
   * Of a user's turn, what somebody typed: without the blocks that coding agents put beside it (`<system-reminder>…`).
   * Null where nothing was typed, and for everybody else's turns. Found when it is first read: who does not need it leaves it.
   */
  readonly typed: string | null;
}

/** Made in one pass over a body, only for requests somebody asks it of. */
export interface Survey {
  /** Oldest first; instructions outside the messages come first, as `system`. */
  readonly turns: readonly Turn[];
  readonly tools: boolean;
  readonly images: boolean;
  readonly audio: boolean;
  /** PDFs and other files. */
  readonly documents: boolean;
  /** The answer must have a shape: JSON, or JSON of a schema. */
  readonly structured: boolean;
  /** The model is asked to think. */
  readonly reasoning: boolean;
  /** The limit the request sets to the answer, in tokens. */
  readonly maxOutput: number | null;
}

/** Whether a number can be a limit to the answer: servers take others for "without end", or for one of their own. */
export function isLimit(stated: number): boolean {
  return Number.isInteger(stated) && stated > 0;
}
