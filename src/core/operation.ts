// Operation: one endpoint beside chat: what it takes, on which wires providers serve it, and what a reply tells.
import type { JsonObject } from '../lib/json.ts';
import type { Form } from '../lib/multipart.ts';
import type { Target } from './dialect.ts';
import type { Usage } from './usage.ts';

/** The names the log calls them by: the endpoint's path with dots. */
export type OperationId =
  | 'embeddings'
  | 'completions'
  | 'moderations'
  | 'images.generations'
  | 'images.edits'
  | 'audio.speech'
  | 'audio.transcriptions'
  | 'audio.translations'
  | 'rerank';

/**
 * The wires operations are served on. `openai` is the form of the endpoint itself and passes through; `chat` asks the
 * provider's chat wire instead.
 */
export type OperationWireId =
  | 'openai'
  | 'chat'
  | 'gemini'
  | 'gemini-single'
  | 'vertex'
  | 'cohere'
  | 'bedrock-titan'
  | 'bedrock-cohere'
  | 'bedrock-nova'
  | 'bedrock-rerank';

/** How one provider serves one operation: data in its file. */
export interface ServedOperation {
  readonly wire: OperationWireId;
  /** Follows the base URL, where it is not the wire's own. `{model}` is the model's name, percent-encoded. */
  readonly path?: string;
  /** Request fields under the vendor's names: `{ dimensions: 'output_dimension' }`. */
  readonly renamedFields?: { readonly [field: string]: string };
  /** Request fields the vendor refuses; named as losses, unless the gateway does their work itself. */
  readonly refusedFields?: readonly string[];
  /** The model a call gets that names none, where the vendor documents one. */
  readonly defaultModel?: string;
  /** True: documents must be texts; objects with a `text` are unpacked. */
  readonly textDocuments?: boolean;
  /** Families of models on another wire; the longest match wins (as `ModelRule.match`). */
  readonly models?: readonly { readonly match: string; readonly wire: OperationWireId }[];
}

/** What a caller asks of an operation. */
export interface OperationCall {
  readonly operation: OperationId;
  /** The request's fields. Of a form: its text fields; numbers and truth values are texts there. */
  readonly body: JsonObject;
  /** The same with what stood in `extra_body` among them. */
  readonly fields: JsonObject;
  /** As it came. */
  readonly source:
    | { readonly kind: 'json'; readonly text: string }
    | { readonly kind: 'form'; readonly form: Form };
  readonly stream: boolean;
}

export interface OperationTarget extends Target {
  readonly served: ServedOperation;
}

/** A body other than JSON text. */
export interface FormBytes {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

export interface OperationRequest {
  /** Follows the base URL. */
  readonly path: string;
  readonly body: string | FormBytes;
}

export interface EncodedOperation {
  /** Several where the provider takes one input a request. All have to be answered. */
  readonly requests: readonly OperationRequest[];
  readonly losses: readonly string[];
}

/** One whole JSON reply of a provider's. */
export interface WireReply {
  readonly text: string;
  readonly body: JsonObject;
  readonly headers: Headers;
}

/** A reply as the caller gets it, without our metadata. */
export interface OperationReply {
  /** A JSON object. */
  readonly text: string;
  readonly body: JsonObject;
  readonly usage: Usage;
  /** Why a completion ended, in the provider's word. */
  readonly finish?: string;
}

/** One operation on one provider's wire. */
export interface OperationWire {
  /** Throws `unsupported_feature` where the target cannot do what is asked. */
  encode(call: OperationCall, target: OperationTarget): EncodedOperation;
  /** Throws `upstream_invalid_response` where the replies are none. */
  decode(
    replies: readonly WireReply[],
    call: OperationCall,
    target: OperationTarget,
  ): OperationReply;
}

export interface Operation {
  readonly id: OperationId;
  /** Follows the version in the path. */
  readonly path: string;
  /** What bodies it takes. */
  readonly takes: 'json' | 'form' | 'either';
  /** What comes back: a JSON object (or, asked for, its events); bytes of the caller's format; either. */
  readonly gives: 'object' | 'bytes' | 'either';
  /** Checks the fields common to all wires. Throws `invalid_request` naming the field. */
  check(body: JsonObject): void;
  /** What the request alone says of the usage: the provider's own figures are laid over it. */
  usageOf(body: JsonObject): Usage;
  /** The text whose tokens are estimated where the provider does not count; null where there is none. */
  inputText(body: JsonObject): string | null;
  readonly wires: { readonly [W in OperationWireId]?: OperationWire };
}
