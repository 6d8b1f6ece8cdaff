// ChatCall: what a caller asks of a model, in words every dialect can be read into and written from.
import type { Json, JsonObject } from '../lib/json.ts';
import type { DialectId } from './dialect.ts';

/** A prompt-cache breakpoint the caller set on a part, message or tool. */
export interface CacheMark {
  readonly ttl: '5m' | '1h' | null;
}

/** Where media comes from. `mediaType` is null when only a URL was given. */
export type MediaSource =
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string; readonly mediaType: string | null }
  | { readonly kind: 'text'; readonly text: string }
  /** An uploaded file, known only to the provider of that dialect. */
  | { readonly kind: 'file'; readonly id: string; readonly dialect: DialectId };

interface PartBase {
  readonly cache?: CacheMark;
}

export interface TextPart extends PartBase {
  readonly type: 'text';
  readonly text: string;
  /** Citations as their own dialect wrote them. */
  readonly citations?: { readonly dialect: DialectId; readonly value: Json };
}
export interface ImagePart extends PartBase {
  readonly type: 'image';
  readonly source: MediaSource;
  readonly detail?: 'auto' | 'low' | 'high';
}
export interface DocumentPart extends PartBase {
  readonly type: 'document';
  readonly source: MediaSource;
  readonly filename?: string;
  readonly title?: string;
  readonly context?: string;
  /** Anthropic: ask for citations of this document. */
  readonly citations?: boolean;
}
export interface AudioPart extends PartBase {
  readonly type: 'audio';
  readonly data: string;
  /** `wav`, `mp3`, … */
  readonly format: string;
}
export interface ToolUsePart extends PartBase {
  readonly type: 'tool-use';
  readonly id: string;
  readonly name: string;
  /** JSON text exactly as the caller or model wrote it (a custom tool's free text when `custom`). */
  readonly arguments: string;
  readonly custom?: boolean;
}
export interface ToolResultPart extends PartBase {
  readonly type: 'tool-result';
  readonly toolUseId: string;
  readonly content: readonly (TextPart | ImagePart | DocumentPart | OpaquePart)[];
  readonly isError?: boolean;
}
export interface ReasoningPart extends PartBase {
  readonly type: 'reasoning';
  readonly text: string;
  readonly signature?: string;
  /** Whose signature: it is only ever replayed to that maker. */
  readonly format?: string;
}
export interface RedactedReasoningPart extends PartBase {
  readonly type: 'redacted-reasoning';
  readonly data: string;
  readonly format?: string;
}
export interface RefusalPart extends PartBase {
  readonly type: 'refusal';
  readonly text: string;
}
/** Something only its own dialect can carry; elsewhere it is named as a loss. */
export interface OpaquePart extends PartBase {
  readonly type: 'opaque';
  readonly dialect: DialectId;
  readonly value: JsonObject;
}

export type Part =
  | TextPart
  | ImagePart
  | DocumentPart
  | AudioPart
  | ToolUsePart
  | ToolResultPart
  | ReasoningPart
  | RedactedReasoningPart
  | RefusalPart
  | OpaquePart;

/**
 * One turn. Tool results are parts of `user` turns (the results of parallel calls share one turn, in order);
 * `system` and `developer` turns may stand anywhere.
 */
export interface Message {
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly name?: string;
  readonly parts: readonly Part[];
  /** Where it stood in the caller's body, for errors and losses: `messages[3]`, `system`. */
  readonly path: string;
}

export type Tool =
  | {
      readonly type: 'function';
      readonly name: string;
      readonly description?: string;
      /** JSON Schema; absent means no arguments were declared. */
      readonly parameters?: JsonObject;
      readonly strict?: boolean;
      readonly cache?: CacheMark;
      /** Fields of the tool that only its own dialect knows, kept for that dialect. */
      readonly extra?: { readonly dialect: DialectId; readonly value: JsonObject };
    }
  /** A tool that takes free text, perhaps held to a grammar, instead of JSON arguments. */
  | {
      readonly type: 'custom';
      readonly name: string;
      readonly description?: string;
      /** `{type: "text"}` or `{type: "grammar", syntax: "lark"|"regex", definition}`, as OpenAI's Responses wire writes it. */
      readonly format?: JsonObject;
      readonly cache?: CacheMark;
    }
  /** A provider-hosted or otherwise dialect-bound tool: `web_search_20250305`, `computer_use`, … */
  | {
      readonly type: 'opaque';
      readonly dialect: DialectId;
      readonly name: string;
      readonly value: JsonObject;
    };

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'none' }
  | { readonly type: 'required' }
  | { readonly type: 'tool'; readonly name: string };

export interface Sampling {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly parallelToolCalls?: boolean;
}

/** What shape the answer must have. */
export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'json-schema';
      readonly name: string;
      readonly schema: JsonObject;
      readonly strict?: boolean;
      readonly description?: string;
    };

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** How much the model may think. `budget` is in tokens; `mode` keeps Anthropic's enabled/adaptive/disabled. */
export interface Reasoning {
  readonly effort?: Effort;
  readonly budget?: number;
  readonly mode?: 'enabled' | 'adaptive' | 'disabled';
  /** True: think, but do not show it. */
  readonly exclude?: boolean;
}

export interface ChatCall {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | null;
  readonly sampling: Sampling;
  readonly output: OutputFormat;
  readonly reasoning: Reasoning | null;
  readonly stream: boolean;
  /** The end user, for stickiness and attribution. */
  readonly user: string | null;
  /** Standard top-level fields of a dialect that this type has no word for, kept for that dialect and named as losses elsewhere. */
  readonly extra: { readonly [D in DialectId]?: JsonObject };
}
