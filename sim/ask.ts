// Ask: what a request on either wire asks for, in the few words the simulated model understands.
import type { JsonObject } from '../src/lib/json.ts';

export interface OfferedTool {
  readonly name: string;
  /** JSON Schema of its arguments, where one was given. */
  readonly schema: JsonObject | undefined;
  /** Takes free text, not JSON (OpenAI's custom tools). */
  readonly custom: boolean;
}

export type Choice = 'auto' | 'none' | 'required' | { readonly name: string };

export interface ToolOutcome {
  readonly name: string;
  readonly text: string;
}

/** Media seen in the whole conversation. */
export interface Seen {
  images: number;
  documents: number;
  audios: number;
}

/** A stretch of prompt up to which a cache may reach; `mark` where the caller asked for that. */
export interface Segment {
  readonly text: string;
  readonly tokens: number;
  readonly mark: CacheTtl | null;
}

export type CacheTtl = '5m' | '1h';

export interface Ask {
  /** As the request names it. */
  readonly model: string;
  readonly stream: boolean;
  readonly lastUserText: string;
  readonly seen: Seen;
  /** Of the last message; empty where that holds no results. */
  readonly toolResults: readonly ToolOutcome[];
  readonly tools: readonly OfferedTool[];
  readonly choice: Choice;
  readonly parallel: boolean;
  /** The answer must be JSON; of this schema where there is one. */
  readonly json: { readonly schema: JsonObject | null } | null;
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  /** The start of the answer, given by the caller as a last assistant message. `marked`: as one that is to be gone on from. */
  readonly opening: {
    readonly text: string;
    readonly marked: boolean;
    /** The same request without it. */
    before(): Ask;
  } | null;
  /** An assistant turn and a user turn after it, which may ask to go on with what that began. */
  readonly continuation: {
    readonly said: string;
    readonly request: string;
    /** The same request without the two. */
    before(): Ask;
  } | null;
  readonly promptTokens: number;
  /** The caller asked for reasoning. */
  readonly thinks: boolean;
  /** Reasoning is to be signed and counted but not shown. */
  readonly hidesThinking: boolean;
  readonly includeUsage: boolean;
  /** Reasoning is to come with its encrypted state (OpenAI's Responses). */
  readonly givesState?: boolean;
  /** What the vendor repeats of the request in its reply (OpenAI's Responses). */
  readonly repeats?: JsonObject;
  readonly choices: number;
  /** The whole prompt, in order. */
  readonly segments: readonly Segment[];
}

/** A request the vendor would refuse, in the vendor's words. */
export class Refused {
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly status: number;

  constructor(
    message: string,
    param: string | null = null,
    code: string | null = null,
    status = 400,
  ) {
    this.message = message;
    this.param = param;
    this.code = code;
    this.status = status;
  }
}
