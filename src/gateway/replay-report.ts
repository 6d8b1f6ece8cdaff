// ReplayReport: what a replay says, in the names of the API.

/** Route, variant and model; null: none, or not known. */
export interface ReplayedPlace {
  readonly router_id: string | null;
  readonly route_id: string | null;
  readonly variant_id: string | null;
  /** The model asked first. */
  readonly model: string | null;
  /** Why routing refused it; null: it did not. */
  readonly error: string | null;
}

export interface ReplayReport {
  readonly router_id: string;
  /** ISO 8601. The requests that arrived from the one moment on and before the other. */
  readonly from: string;
  readonly to: string;
  /** The newest so many were looked at; `truncated`: there are older ones. */
  readonly limit: number;
  readonly truncated: boolean;
  readonly requests: {
    readonly total: number;
    /** unchanged + moved + refused. */
    readonly decided: number;
    readonly undecided: number;
    readonly unchanged: number;
    /** To another route, variant or model. */
    readonly moved: number;
    /** The draft has nobody for them, and somebody served them then (or they were refused for another reason). */
    readonly refused: number;
  };
  /** Most first, as the lists below. */
  readonly undecided: readonly { readonly reason: string; readonly requests: number }[];
  readonly refused: readonly { readonly error: string; readonly requests: number }[];
  readonly moves: readonly {
    readonly from_model: string | null;
    readonly to_model: string | null;
    readonly requests: number;
    /** Of those whose cost is known before and after. */
    readonly cost_before_usd: number;
    readonly cost_after_usd: number;
    readonly unpriced: number;
  }[];
  /** Of the decided requests. */
  readonly variants: readonly {
    readonly router_id: string | null;
    readonly route_id: string | null;
    readonly variant_id: string | null;
    readonly requests_before: number;
    readonly requests_after: number;
  }[];
  /** Distinct users of the decided requests; those of them with a request that goes to another route or variant. */
  readonly users: { readonly total: number; readonly moved: number };
  readonly cost: {
    /** Unchanged and moved requests whose cost is known before and after: the sums are of these. */
    readonly requests: number;
    /** Unchanged and moved requests whose cost is not known: no price, or no token counts. */
    readonly unpriced: number;
    readonly before_usd: number;
    readonly after_usd: number;
    readonly difference_usd: number;
    /** Of `before_usd`; null where that is 0. */
    readonly difference_percent: number | null;
  };
  /** The newest of the moved and refused requests. */
  readonly samples: readonly {
    readonly generation_id: string;
    readonly at: string;
    readonly from: ReplayedPlace;
    readonly to: ReplayedPlace;
    readonly why: readonly string[];
  }[];
  /** What the figures rest on. */
  readonly assumptions: readonly string[];
}

export const ASSUMPTIONS: readonly string[] = [
  'A moved request uses as many tokens of each kind as it did, at the listed prices of the model it would ask first.',
  'Where the router puts the same model first, what followed (its health, fallbacks) is taken to be the same.',
  'Providers are all well and equally fast: neither health nor speed has a say in the draft’s choice.',
  'prompt_tokens that nobody had estimated are the input tokens the provider counted.',
  'What a request said itself of models, ignore, sort or provider is not in the log, and is taken to be nothing.',
];
