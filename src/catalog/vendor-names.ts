// What vendors and public lists call providers, makers and models. Data only.

/** models.dev's provider ids → ours. Providers that are not listed here are left out of the catalogue. */
export const PROVIDER_IDS: { readonly [modelsDevId: string]: string } = {
  alibaba: 'qwen',
  'amazon-bedrock': 'bedrock',
  anthropic: 'anthropic',
  azure: 'azure',
  baseten: 'baseten',
  cerebras: 'cerebras',
  chutes: 'chutes',
  cohere: 'cohere',
  deepinfra: 'deepinfra',
  deepseek: 'deepseek',
  'fireworks-ai': 'fireworks',
  friendli: 'friendli',
  'github-models': 'github-models',
  google: 'google',
  'google-vertex': 'google-vertex',
  'google-vertex-anthropic': 'vertex-anthropic',
  groq: 'groq',
  huggingface: 'huggingface',
  inception: 'inception',
  llama: 'meta-llama',
  minimax: 'minimax',
  mistral: 'mistral',
  moonshotai: 'moonshot',
  nebius: 'nebius',
  'novita-ai': 'novita',
  nvidia: 'nvidia',
  openai: 'openai',
  openrouter: 'openrouter',
  ovhcloud: 'ovhcloud',
  perplexity: 'perplexity',
  sambanova: 'sambanova',
  scaleway: 'scaleway',
  siliconflow: 'siliconflow',
  stepfun: 'stepfun',
  togetherai: 'together',
  upstage: 'upstage',
  venice: 'venice',
  vercel: 'vercel',
  xai: 'xai',
  xiaomi: 'xiaomi',
  zai: 'zai',
};

/** Models that the list has under one provider and that are reached through another of ours: the same account, another wire. */
export const REACHED_THROUGH: readonly (readonly [
  provider: string,
  model: RegExp,
  ours: string,
])[] = [['google-vertex', /^claude-/, 'vertex-anthropic']];

/** Our providers that are another way to one that is listed: the same models at the same prices. */
export const LISTED_AS: { readonly [provider: string]: string } = {
  'bedrock-anthropic': 'bedrock',
};

/** An ARN that names a listed model: `arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.anthropic.claude-…`. */
export const ARN = /^arn:aws[a-z-]*:bedrock:[^/]*:(?:inference-profile|foundation-model)\/(.+)$/;

/** Providers that sell what they make: whatever they list is theirs. */
export const SELLING_MAKERS: ReadonlySet<string> = new Set([
  'anthropic',
  'cohere',
  'deepseek',
  'google',
  'inception',
  'minimax',
  'mistral',
  'moonshot',
  'openai',
  'perplexity',
  'qwen',
  'stepfun',
  'upstage',
  'xai',
  'xiaomi',
  'zai',
]);

/** The maker a host writes before a model's name (`meta-llama/…`, `anthropic.…`), where it is not the maker's own id. */
export const MAKER_PREFIXES: { readonly [prefix: string]: string } = {
  'ai21-labs': 'ai21',
  alibaba: 'qwen',
  'bytedance-seed': 'bytedance',
  'deepseek-ai': 'deepseek',
  'meta-llama': 'meta',
  minimaxai: 'minimax',
  'mistral-ai': 'mistral',
  mistralai: 'mistral',
  moonshotai: 'moonshot',
  'stepfun-ai': 'stepfun',
  'x-ai': 'xai',
  xiaomimimo: 'xiaomi',
  'z-ai': 'zai',
  'zai-org': 'zai',
};

/** How models are called, for hosts that name no maker. The first fitting beginning counts. */
export const MAKER_WORDS: readonly (readonly [beginning: string, maker: string])[] = [
  ['chatgpt', 'openai'],
  ['claude', 'anthropic'],
  ['codestral', 'mistral'],
  ['codex', 'openai'],
  ['cohere', 'cohere'],
  ['command', 'cohere'],
  ['deepseek', 'deepseek'],
  ['devstral', 'mistral'],
  ['gemini', 'google'],
  ['gemma', 'google'],
  ['glm', 'zai'],
  ['gpt', 'openai'],
  ['grok', 'xai'],
  ['kimi', 'moonshot'],
  ['llama', 'meta'],
  ['magistral', 'mistral'],
  ['meta-llama', 'meta'],
  ['mimo', 'xiaomi'],
  ['minimax', 'minimax'],
  ['ministral', 'mistral'],
  ['mistral', 'mistral'],
  ['mixtral', 'mistral'],
  ['nova', 'amazon'],
  ['o1', 'openai'],
  ['o3', 'openai'],
  ['o4', 'openai'],
  ['phi', 'microsoft'],
  ['pixtral', 'mistral'],
  ['qwen', 'qwen'],
  ['qwq', 'qwen'],
  ['text-embedding', 'openai'],
  ['whisper', 'openai'],
  ['zai-glm', 'zai'],
];

/** How makers write their names. Others are shown as their id. */
export const MAKER_NAMES: { readonly [maker: string]: string } = {
  ai21: 'AI21 Labs',
  amazon: 'Amazon',
  anthropic: 'Anthropic',
  baidu: 'Baidu',
  bytedance: 'ByteDance',
  cohere: 'Cohere',
  deepseek: 'DeepSeek',
  google: 'Google',
  inception: 'Inception',
  meta: 'Meta',
  microsoft: 'Microsoft',
  minimax: 'MiniMax',
  mistral: 'Mistral AI',
  moonshot: 'Moonshot AI',
  nousresearch: 'Nous Research',
  nvidia: 'NVIDIA',
  openai: 'OpenAI',
  perplexity: 'Perplexity',
  qwen: 'Qwen',
  stepfun: 'StepFun',
  tencent: 'Tencent',
  upstage: 'Upstage',
  xai: 'xAI',
  xiaomi: 'Xiaomi',
  zai: 'Z.ai',
};

/**
 * What a host adds to a model's common name, taken off (in order) to find models by their common name.
 * `hidden`: variants that only a full id reaches, because they answer only in some places.
 */
export const HOST_NAMES: {
  readonly [provider: string]: {
    readonly rewrite: readonly (readonly [RegExp, string])[];
    readonly hidden?: RegExp;
    /** Where a model has several ids, the one that answers everywhere: only it is found by the common name. */
    readonly preferred?: RegExp;
    /** The maker stands before the first dot. */
    readonly makerBeforeDot?: true;
  };
} = {
  // us.anthropic.claude-sonnet-4-5-20250929-v1:0: region, maker, name, version
  bedrock: {
    rewrite: [
      [/^(?:global\.)?[a-z0-9-]+\./, ''],
      [/(?:-v?\d+)?:\d+$|-v\d+$/, ''],
    ],
    hidden: /^(?:us|us-gov|eu|apac|au|jp|ca|sa|me|af)\./,
    // Newer models refuse their plain id without provisioned throughput:
    // https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
    preferred: /^global\./,
    makerBeforeDot: true,
  },
  // accounts/fireworks/models/kimi-k2p6: a p for the point
  fireworks: { rewrite: [[/(\d)p(\d)/, '$1.$2']] },
  // openai/gpt-oss-120b-maas: other makers' models answer at another address, which is not spoken to
  'google-vertex': { rewrite: [[/-maas$/, '']], hidden: /-maas$/ },
  // claude-sonnet-4-6@default, claude-haiku-4-5@20251001
  'vertex-anthropic': {
    rewrite: [
      [/@default$/, ''],
      [/@/, '-'],
    ],
  },
};

/**
 * Suffixes that only steer which endpoint answers: the model is the same, its price is not known beforehand.
 * https://openrouter.ai/docs/guides/routing/model-variants/overview
 */
export const ROUTING_SUFFIXES: ReadonlySet<string> = new Set([
  'nitro',
  'floor',
  'exacto',
  'online',
]);
