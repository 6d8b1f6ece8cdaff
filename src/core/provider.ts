// Provider: who answers, as data. A provider never has code of its own; what is odd about it is a declared quirk.
import type { Json, JsonObject } from '../lib/json.ts';
import type { DialectId, Framing } from './dialect.ts';
import type { OperationId, ServedOperation } from './operation.ts';

/** How the provider's key travels. */
export type Auth =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string }
  /** AWS Signature Version 4, where the key is a pair; a plain key (Bedrock's API keys) travels as a bearer token. */
  | { readonly kind: 'aws'; readonly service: string }
  /** A Google access token, made from a service account or application default credentials; a plain key travels as `x-goog-api-key`. */
  | { readonly kind: 'google-oauth' }
  | { readonly kind: 'none' };

/** How a wire is hosted where its maker's own paths, bodies or framing do not hold. */
export interface Hosting {
  /** Follows the base URL. `{path}` is the dialect's own path, `{model}` the model's name, percent-encoded. */
  readonly path: string;
  /** For streams, where it differs. */
  readonly streamPath?: string;
  /** How streams are cut, where it differs from the dialect's. */
  readonly framing?: Framing;
  /** Top-level body fields that are not sent, such as a model that stands in the path. */
  readonly dropFields?: readonly string[];
  /** Top-level body fields every request gets. */
  readonly addFields?: JsonObject;
  /** Headers of the wire that travel as a body field here, by header: each becomes a list of its comma-separated values. */
  readonly headerFields?: { readonly [header: string]: string };
  /** The wire whose errors the host answers with, where they are not the dialect's own. */
  readonly errors?: DialectId;
}

/**
 * Declared differences from the plain dialect. Absent means: as the dialect's own maker does it.
 * A quirk is only set where the vendor's documentation or a recording shows it.
 */
export interface Quirks {
  /** Which field limits the output. Default `max_completion_tokens` is sent to nobody unless declared: plain is `max_tokens`. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** False: the `developer` role is refused; it is sent as `system`. */
  readonly developerRole?: boolean;
  /** False: `stream_options` is refused or useless; usage comes unasked or not at all. */
  readonly streamUsage?: boolean;
  /** Where the vendor puts reasoning text in a reply and, if it must come back, in an assistant message. */
  readonly reasoningField?:
    | 'reasoning_content'
    | 'reasoning'
    | 'reasoning_details'
    /** Parts of the content: `{type: "thinking", thinking: [{type: "text", text}]}`. */
    | 'thinking-parts';
  /** Whether assistant turns that carry tool calls bring their reasoning back: they must, or they may. Absent: they must not. */
  readonly reasoningReplay?: 'required' | 'accepted';
  /** How the vendor is asked to think: OpenAI's `reasoning_effort`, OpenRouter's `reasoning` object, `thinking: {type}`, `enable_thinking`, or not at all. */
  readonly reasoningRequest?:
    | 'effort'
    | 'reasoning-object'
    | 'thinking-type'
    | 'enable-thinking'
    | 'none';
  /** False: reasoning summaries are refused on the openai-responses wire (OpenAI gives them to verified organisations only). */
  readonly reasoningSummary?: boolean;
  /** The efforts the vendor takes, smallest first; others are moved to the nearest. */
  readonly efforts?: readonly string[];
  /** Which tool_choice values work; a missing one is named as a loss (or refused under strict). */
  readonly toolChoice?: readonly ('auto' | 'none' | 'required' | 'tool')[];
  /**
   * Narrower than `toolChoice`: what works while the model thinks; the rest is refused with a 400. `byDefault`: a reasoning
   * model thinks unless the request turns it off (so a forced choice works only together with thinking turned off).
   */
  readonly toolChoiceWhileThinking?: {
    readonly works: readonly ('auto' | 'none' | 'required' | 'tool')[];
    readonly byDefault: boolean;
  };
  /** True: takes `tool_choice: {type: "allowed_tools"}`; elsewhere the tools that are not allowed are not sent. */
  readonly allowedTools?: boolean;
  /** What the vendor calls `required`. */
  readonly toolChoiceRequired?: 'required' | 'any';
  /** False: `parallel_tool_calls` is refused. */
  readonly parallelToolCalls?: boolean;
  /** Which response_format types work. */
  readonly responseFormats?: readonly ('json_object' | 'json_schema')[];
  /** True: a JSON Schema goes beside `json_object`, as its `schema`. */
  readonly schemaInJsonObject?: boolean;
  /** False: the content of a message must be one string; text parts are joined. */
  readonly textParts?: boolean;
  /** How many stop sequences are taken on the chat wire, where that is not its maker's four. */
  readonly maxStops?: number;
  /** True: takes `top_k`, which the dialect's own maker refuses. */
  readonly topK?: boolean;
  /** Other top-level request fields the vendor is documented to refuse; dropped and named as losses. */
  readonly refusedFields?: readonly string[];
  /** Fields of messages the vendor refuses by name, such as `annotations` that callers send back with an answer; cut out. */
  readonly refusedMessageFields?: readonly string[];
  /** Renamed top-level request fields: `{ seed: 'random_seed' }`. */
  readonly renamedFields?: { readonly [field: string]: string };
  /** Top-level request fields a translated call gets where it says nothing of them itself; a call of the same dialect never does. */
  readonly defaults?: { readonly [field: string]: Json };
  /**
   * How a last assistant message is made the beginning of the answer on the chat wire, which goes on from it: as it is;
   * marked `prefix: true` (refused when it is not) or `partial: true`; or by `continue_final_message: true` in the request.
   * Absent: it is not documented to be.
   */
  readonly prefill?: 'plain' | 'prefix-flag' | 'partial-flag' | 'continue-final-message';
  /** `document_url`: documents are parts of that name, with an address or a data URL, instead of the wire's `file` parts. */
  readonly documentPart?: 'document_url';
  /** False: `name` on system, user and assistant messages is refused. */
  readonly messageNames?: boolean;
  /** True: searches the web itself when given `web_search_options`. */
  readonly webSearchOptions?: boolean;
  /** False: images at a URL are not fetched by the provider: they have to come as bytes. */
  readonly imageUrls?: boolean;
  /** Whether documents at a URL are fetched by the provider, where that differs from the dialect's own maker. */
  readonly documentUrls?: boolean;
  /** True: image parts of tool results are accepted. */
  readonly toolResultImages?: boolean;
  /** Tool-call ids must match this (nine letters or digits; at most 40 characters); others are mapped to ones that do, the same each time. */
  readonly toolIdFormat?: 'any' | 'alnum9' | 'max40';
  /** True: takes custom (free text) tools on the chat wire; elsewhere they are offered as functions with one string. */
  readonly customTools?: boolean;
  /** True: takes the fields that the chat wire's maker has on both of its wires (`service_tier`, `prompt_cache_key`, `verbosity`, …). */
  readonly makersFields?: boolean;
  /** True: tool calls come with `extra_content`, state of their maker's, and must go back with it. */
  readonly callExtras?: boolean;
  /** With `callExtras`: the `extra_content` of calls that have none, because another model made them or a client lost it. */
  readonly callExtrasStandIn?: JsonObject;
  /** Members of a literal `extra_body` that the vendor itself reads there; others are unpacked. */
  readonly ownExtraBody?: readonly string[];
  /**
   * Prompt-cache marks (`cache_control`) on this OpenAI-shaped wire. True: understood. False: refused, as are all fields the
   * vendor does not know; cut out of a caller's own text. Absent: harmless; recorded for the wire's own maker.
   */
  readonly cacheControl?: boolean;
  /** True: its own tools together with functions have to be asked for by a flag of their own (gemini; recorded). */
  readonly hostedToolsFlag?: boolean;
  /** What this provider's models take, by family. Absent on anthropic-messages: the table of the dialect's own maker. */
  readonly modelRules?: readonly ModelRule[];
}

/** What one family of models takes: one wire serves several generations of them. Absent means: it takes all there is. */
export interface ModelRule {
  /** Part of the model's name, lower case with hyphens for dots; no digit may follow it there. The longest that fits wins. */
  readonly match: string;
  /** The `thinking.type` values it takes. */
  readonly thinking?: readonly ('enabled' | 'adaptive' | 'between_tools' | 'disabled')[];
  /** The efforts it takes, smallest first. Empty: it has no such field. */
  readonly efforts?: readonly string[];
  /** Of temperature, top_p and top_k: `none` may differ from its default, or only `one` of the first two may be there. */
  readonly sampling?: 'one' | 'none';
  /** False: stop sequences are refused. */
  readonly stop?: boolean;
  /** True: tool calls may come back without their `extra_content`. */
  readonly bareCalls?: boolean;
  /** False: a tool call cannot be forced. */
  readonly forcedTools?: boolean;
  /** False: an answer cannot be held to a JSON Schema. */
  readonly outputSchema?: boolean;
  /** Top-level request fields it refuses, beside its provider's `refusedFields`. */
  readonly refusedFields?: readonly string[];
  /** Top-level request fields a translated call gets for it, as its provider's `defaults`. */
  readonly defaults?: { readonly [field: string]: Json };
  /** False: system turns after the conversation has begun are refused. */
  readonly systemTurns?: boolean;
  /** False: the last turn cannot be the beginning of the answer. True: documented to be, where the wire itself promises nothing. */
  readonly prefill?: boolean;
  /** The one wire these models are served on, where it is not the provider's usual one. */
  readonly dialect?: DialectId;
  /** The one wire on which these models take tools while they think, where another serves them otherwise. */
  readonly toolsDialect?: DialectId;
  /** True: they think unless they are told not to, in so many words (effort `none`). */
  readonly thinksUnasked?: boolean;
  /** True: prompt-cache marks (`prompt_cache_breakpoint`) on content parts are understood, on either of the maker's wires. */
  readonly cacheBreakpoints?: boolean;
  /** On a wire shared by many makers' models: the maker whose request fields for thinking and sampling go beside the wire's own. */
  readonly ownFields?: 'anthropic' | 'nova';
  /** The model's own request fields beside a shared wire's: how much to think, and top_k (a dot stands for an object inside). */
  readonly effortField?: string;
  readonly topKField?: string;
  /** Where prompt-cache points may stand. Absent: everywhere. Empty: the model caches nothing. */
  readonly cachePoints?: readonly ('tools' | 'system' | 'messages')[];
  /** False: cached prompts live five minutes, and no other time can be asked for. */
  readonly cacheTtl?: boolean;
  /** The tool choices beside `auto` that work. Absent: all that `forcedTools` allows. */
  readonly toolChoice?: readonly ('required' | 'tool')[];
  /** `none`: the model takes no tools; `whole`: none in streamed calls. */
  readonly tools?: 'none' | 'whole';
  /** False: it takes no system prompt. */
  readonly systemPrompt?: boolean;
  /** Thinking is told as a budget of tokens within these; `off`: zero turns it off. */
  readonly thinkingBudget?: { readonly min: number; readonly max: number; readonly off: boolean };
  /** Thinking is told as one of these levels, smallest first. Empty, with no budget either: it cannot be told at all. */
  readonly thinkingLevels?: readonly string[];
  /** False: presence and frequency penalties are refused. */
  readonly penalties?: boolean;
  /** False: the provider's own tools, such as its web search, cannot be offered together with functions. */
  readonly searchBesideTools?: boolean;
  /** False: an answer cannot be held to a schema while functions are offered. */
  readonly schemaBesideTools?: boolean;
  /** False: media at public addresses are not fetched; they have to come as bytes. */
  readonly mediaUrls?: boolean;
  /** False: a tool's result is text; images and documents have to stand beside it. */
  readonly mediaInResults?: boolean;
}

export interface Provider {
  /** The prefix in `provider/model`. */
  readonly id: string;
  readonly name: string;
  /** What OpenTelemetry's conventions call it (`gen_ai.provider.name`), where that is not its id. */
  readonly telemetryName?: string;
  /** Other prefixes that mean the same provider. */
  readonly aliases?: readonly string[];
  readonly dialect: DialectId;
  /** Other wires it serves at the same base URL: a call that came in one of them goes out in it, untouched. */
  readonly alsoSpeaks?: readonly DialectId[];
  readonly hosting?: Hosting;
  /**
   * How it serves the endpoints beside chat, where that differs from what its dialect does: those of OpenAI's serve all in
   * OpenAI's form, others what `operations/index.ts` lists. Null: not at all.
   */
  readonly operations?: { readonly [O in OperationId]?: ServedOperation | null };
  /** Up to and including the version: the dialect's path follows. No slash at the end. */
  readonly baseUrl: string;
  /** How the configuration says where it is, where every customer has an address of its own. */
  readonly addressedBy?: 'azure-resource' | 'aws-region' | 'google-project';
  readonly auth: Auth;
  /** The usual names of its key in the environment, first one wins. Empty: needs none. */
  readonly env: readonly string[];
  /** Fixed headers, such as a version. */
  readonly headers?: { readonly [name: string]: string };
  readonly quirks: Quirks;
  /** Runs on this machine, free of charge; found on loopback when it is there. */
  readonly local?: LocalServer;
  /** True: answers are made up, and every reply, log row and page must say so. */
  readonly simulated?: boolean;
  /** The vendor pages its facts come from. */
  readonly docs: readonly string[];
}

/** How a local server is recognised: this path answers on its default port, with this text in the body. */
export interface LocalServer {
  readonly port: number;
  readonly probe: string;
  readonly marker: string;
}
