// Telling "the prompt is too long for this model" from other refusals: a model with a larger context may still answer.

/** Error codes and types that say it outright. */
const CODES: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'context_window_exceeded',
  'exceed_context_size_error',
  'string_above_max_length',
]);

/** Lower-case phrases, each with one message it was taken from. */
const PHRASES: readonly string[] = [
  // "This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens."
  // community.openai.com/t/379989; vllm-project/vllm issues/33418; openrouter.ai "This endpoint's maximum context length is …"
  'maximum context length',
  // "Your input exceeds the context window of this model." github.com/openai/codex issues/4047
  'exceeds the context window',
  // "However, the model's context length is only 1024 tokens" harbor-framework/harbor pull/996 (vLLM 0.16)
  "model's context length is only",
  // "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575)" ai.google.dev, Gemini API
  'exceeds the maximum number of tokens allowed',
  // "This model's maximum prompt length is 131072 but the request contains 537812 tokens." docs.x.ai
  'maximum prompt length is',
  // "Please reduce the length of the messages or completion." console.groq.com
  'reduce the length of the messages',
  // "the request exceeds the available context size, try increasing it" ggml-org/llama.cpp tools/server
  'exceeds the available context size',
  // "the context window is full" ardanlabs/kronk issues/862
  'context window is full',
  // "The number of tokens to keep from the initial prompt is greater than the context length" lmstudio-ai/lmstudio-bug-tracker
  'greater than the context length',
  // "invalid params, context window exceeds limit (2013)" platform.minimax.io, error codes
  'context window exceeds limit',
  // "Invalid request: Your request exceeded model token limit: 262144" platform.moonshot.ai
  'exceeded model token limit',
  // "Prompt contains 40000 tokens … too large for model with 32768 maximum context length" docs.mistral.ai
  'too large for model with',
  // "prompt is too long: 213462 tokens > 200000 maximum" platform.claude.com, the OpenAI-compatible endpoint
  'prompt is too long',
  // "Input is too long for requested model." docs.aws.amazon.com/bedrock
  'input is too long for requested model',
  // "Range of input length should be [1, 30720]" help.aliyun.com/model-studio, error codes
  'range of input length should be',
  // "`inputs` tokens + `max_new_tokens` must be <= 8192" huggingface/text-generation-inference
  'tokens + `max_new_tokens` must be <=',
  // "context length exceeded", "context_length_exceeded" without the code field
  'context length exceeded',
  'context_length_exceeded',
];

/** True when an error's code, type or message says that the prompt does not fit this model. */
export function isContextLength(
  code: string | undefined,
  type: string | undefined,
  message: string,
): boolean {
  if ((code !== undefined && CODES.has(code)) || (type !== undefined && CODES.has(type)))
    return true;
  const text = message.toLowerCase();
  return PHRASES.some((phrase) => text.includes(phrase));
}
