// Router: an operator's words for which model serves whom. What the API, the configuration file and the plan share.
import type { Effort } from './call.ts';
import type { FallbackOptions, GatewayOptions } from './options.ts';

export interface Router {
  /** Lower-case letters, digits and dashes; `router/<id>` names it. Never changes. */
  readonly id: string;
  readonly displayName: string | null;
  readonly defaults: VariantSettings;
  /** In order: the first whose condition holds serves. */
  readonly routes: readonly ConditionalRoute[];
  /** Serves where no condition holds. */
  readonly defaultRoute: Route | null;
  /** Who serves while a slash command is in force, by the command without its slash. */
  readonly commands: { readonly [command: string]: Variant };
}

export interface ConditionalRoute {
  /** A CEL expression. */
  readonly condition: string;
  readonly route: Route;
}

export interface Route {
  readonly id: string;
  /** At least one; the weights sum to 100. */
  readonly variants: readonly WeightedVariant[];
}

export interface WeightedVariant {
  /** Of 100, with at most two decimals. 0: nobody. */
  readonly weight: number;
  readonly variant: Variant;
}

export interface Variant {
  readonly id: string;
  /** `provider/model`, a bare model or `auto`; never a router. */
  readonly model: string;
  readonly selection: ModelSelection;
  readonly settings: VariantSettings;
}

/** How the model is chosen: as the request fields of these names. */
export interface ModelSelection {
  /** Fallbacks of a model; the pool of `auto` (models or whole providers). */
  readonly models?: readonly string[];
  readonly sort?: readonly SortBy[];
  readonly ignore?: readonly string[];
  readonly provider?: GatewayOptions['provider'];
}

export interface SortBy {
  /** `price`, `latency`, `throughput`, `intelligence`, `math`, `coding`, or one the operator has or measures. */
  readonly metric: string;
  /** Which end is first; null: the metric's own better end. */
  readonly direction: 'ascending' | 'descending' | null;
}

/** What a router puts to the requests it sends on. Absent: nothing. What the request says itself wins. */
export interface VariantSettings {
  readonly generation?: GenerationConfig;
  /** Stand before the caller's messages; `{{name}}` in them is one of the request's `prompt_variables`. */
  readonly templates?: readonly MessageTemplate[];
  readonly webSearch?: GatewayOptions['web_search'];
  readonly webSearchOptions?: GatewayOptions['web_search_options'];
  readonly cache?: GatewayOptions['cache'];
  /** 0: leave everything … 1: as short as can be. */
  readonly compression?: { readonly aggressiveness: number };
  readonly fallback?: FallbackOptions;
  /** Whether bodies of its requests are kept in the log. */
  readonly logBodies?: boolean;
}

export interface GenerationConfig {
  /** Tokens. */
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly repetitionPenalty?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly logitBias?: { readonly [tokenId: string]: number };
  readonly reasoning?: {
    readonly effort?: Effort;
    /** Tokens. */
    readonly maxTokens?: number;
    readonly exclude?: boolean;
  };
}

export interface MessageTemplate {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly toolCalls?: readonly {
    readonly id: string;
    readonly name: string;
    /** JSON text. */
    readonly arguments: string;
  }[];
  /** Of a `tool` message: the call it answers. */
  readonly toolCallId?: string;
}
