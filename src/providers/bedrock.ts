// Amazon Bedrock: many makers' models behind the one Converse wire.
import type { ModelRule, Provider } from '../core/provider.ts';

const NO_SCHEMA = { outputSchema: false } as const;
const NO_CACHE = { cachePoints: [] } as const;
/** Claude: the wire's rules are its maker's; here stands only what Bedrock has otherwise. */
const CLAUDE = { ownFields: 'anthropic' } as const;
const FIVE_MINUTES = { cacheTtl: false } as const;
/** Tools' results: all but Claude and Nova (API_runtime_ToolResultBlock). */
const TEXT_RESULTS = { mediaInResults: false } as const;
/** Neither caching nor thinking that could be told of. */
const PLAIN = { thinking: [], efforts: [], ...NO_CACHE, ...TEXT_RESULTS } as const;
const LEVELS = ['low', 'medium', 'high'] as const;
const NOVA = {
  ownFields: 'nova',
  topKField: 'inferenceConfig.topK',
  cachePoints: ['system', 'messages'],
  ...FIVE_MINUTES,
  ...NO_SCHEMA,
} as const;

/**
 * What the families of models take, read on 2026-11-22 from the vendor's pages listed below: tools and system prompts
 * (conversation-inference-supported-models-features), tool choices (API_runtime_ToolChoice), answers in a schema
 * (structured-output), caching (prompt-caching). Effort fields are recorded. A model no row lists gets only what the wire
 * itself has words for.
 */
const MODEL_RULES: readonly ModelRule[] = [
  { match: 'claude', ...CLAUDE },
  { match: 'claude-v2', ...CLAUDE, ...PLAIN, ...NO_SCHEMA, tools: 'none' },
  { match: 'claude-instant', ...CLAUDE, ...PLAIN, ...NO_SCHEMA, tools: 'none' },
  { match: 'claude-3-haiku', ...CLAUDE, ...NO_CACHE },
  { match: 'claude-3-sonnet', ...CLAUDE, ...NO_CACHE },
  { match: 'claude-3-opus', ...CLAUDE, ...NO_CACHE },
  { match: 'claude-3-5-sonnet-20240620', ...CLAUDE, ...NO_CACHE },
  { match: 'claude-3-5-sonnet', ...CLAUDE, ...FIVE_MINUTES },
  { match: 'claude-3-5-haiku', ...CLAUDE, ...FIVE_MINUTES },
  { match: 'claude-3-7-sonnet', ...CLAUDE, ...FIVE_MINUTES },
  { match: 'claude-sonnet-4-20250514', ...CLAUDE, ...FIVE_MINUTES },
  { match: 'claude-opus-4-20250514', ...CLAUDE, ...FIVE_MINUTES },
  { match: 'claude-opus-4-1', ...CLAUDE, ...FIVE_MINUTES, ...NO_SCHEMA },
  // The guide to its first generation prefills answers (nova/latest/userguide/prompting-structured-output); the second's does not.
  { match: 'amazon-nova', ...NOVA, thinking: [], efforts: [], prefill: true },
  { match: 'amazon-nova-2', ...NOVA, efforts: LEVELS },
  { match: 'amazon-titan', ...PLAIN, ...NO_SCHEMA, tools: 'none', systemPrompt: false },
  { match: 'ai21', ...PLAIN, ...NO_SCHEMA, toolChoice: [] },
  { match: 'ai21-jamba-instruct', ...PLAIN, ...NO_SCHEMA, tools: 'none' },
  { match: 'cohere-command-r', ...PLAIN, ...NO_SCHEMA, toolChoice: [], topKField: 'k' },
  { match: 'deepseek', ...PLAIN, toolChoice: [] },
  { match: 'deepseek-r1', ...PLAIN, ...NO_SCHEMA, tools: 'none' },
  { match: 'google-gemma', ...PLAIN, toolChoice: [] },
  // "This model doesn't support tool use in streaming mode." (earendil-works/pi issues/3739, n8n-io/n8n issues/14206)
  { match: 'meta-llama2', ...PLAIN, ...NO_SCHEMA, tools: 'none' },
  { match: 'meta-llama3', ...PLAIN, ...NO_SCHEMA, tools: 'none' },
  { match: 'meta-llama3-1', ...PLAIN, ...NO_SCHEMA, toolChoice: [], tools: 'whole' },
  { match: 'meta-llama3-2', ...PLAIN, ...NO_SCHEMA, toolChoice: [], tools: 'whole' },
  { match: 'meta-llama3-2-1b', ...PLAIN, ...NO_SCHEMA, tools: 'none' },
  { match: 'meta-llama3-2-3b', ...PLAIN, ...NO_SCHEMA, tools: 'none' },
  { match: 'meta-llama3-3', ...PLAIN, ...NO_SCHEMA, toolChoice: [], tools: 'whole' },
  { match: 'meta-llama4', ...PLAIN, ...NO_SCHEMA, toolChoice: [], tools: 'whole' },
  { match: 'minimax', ...PLAIN, toolChoice: [] },
  { match: 'mistral', ...PLAIN, toolChoice: ['required'], topKField: 'top_k' },
  {
    match: 'mistral-mistral-7b',
    ...PLAIN,
    ...NO_SCHEMA,
    tools: 'none',
    systemPrompt: false,
    topKField: 'top_k',
  },
  {
    match: 'mistral-mixtral-8x7b',
    ...PLAIN,
    ...NO_SCHEMA,
    tools: 'none',
    systemPrompt: false,
    topKField: 'top_k',
  },
  {
    match: 'mistral-mistral-large-2402',
    ...PLAIN,
    ...NO_SCHEMA,
    toolChoice: ['required'],
    tools: 'whole',
    topKField: 'top_k',
  },
  {
    match: 'mistral-mistral-large-2407',
    ...PLAIN,
    ...NO_SCHEMA,
    toolChoice: ['required'],
    tools: 'whole',
    topKField: 'top_k',
  },
  { match: 'mistral-pixtral', ...PLAIN, ...NO_SCHEMA, toolChoice: ['required'] },
  { match: 'moonshot', ...PLAIN, toolChoice: [] },
  { match: 'moonshotai', ...PLAIN, toolChoice: [] },
  { match: 'nvidia-nemotron', ...PLAIN, toolChoice: [] },
  {
    match: 'openai-gpt-oss',
    ...NO_CACHE,
    ...TEXT_RESULTS,
    toolChoice: [],
    efforts: LEVELS,
    effortField: 'reasoning_effort',
  },
  {
    match: 'qwen-qwen3',
    ...NO_CACHE,
    ...TEXT_RESULTS,
    toolChoice: [],
    efforts: LEVELS,
    effortField: 'reasoning_config',
  },
  { match: 'writer-palmyra', ...PLAIN, ...NO_SCHEMA, toolChoice: [], tools: 'whole' },
];

const DOCS = [
  'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  'https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html',
  'https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html',
  'https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html',
  'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
];

export const bedrock: Provider = {
  id: 'bedrock',
  name: 'Amazon Bedrock',
  telemetryName: 'aws.bedrock',
  aliases: ['amazon-bedrock', 'aws-bedrock'],
  dialect: 'bedrock-converse',
  // The region is replaced by the configured one.
  baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com',
  addressedBy: 'aws-region',
  auth: { kind: 'aws', service: 'bedrock' },
  env: ['AWS_BEARER_TOKEN_BEDROCK'],
  quirks: { modelRules: MODEL_RULES },
  docs: DOCS,
};
