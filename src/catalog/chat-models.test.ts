// Which listed models one talks to: those for one task are told apart, in all the built-in catalogue.
import { describe, expect, test } from 'bun:test';
import { buildCatalog } from './catalog.ts';
import { familyOf, isChatModel, isPreferred } from './chat-models.ts';
import { builtInCatalog } from './load.ts';

const catalog = buildCatalog({ base: builtInCatalog(), refreshed: null }, []);
const isChat = (provider: string, model: string) => {
  const facts = catalog.get(provider, model);
  expect(facts).not.toBeNull();
  return isChatModel(facts, model);
};

describe('isChatModel', () => {
  test.each([
    ['openai', 'gpt-5.4'],
    ['openai', 'o3'],
    ['anthropic', 'claude-opus-4-8'],
    ['google', 'gemini-3.1-pro-preview'],
    ['groq', 'llama-3.3-70b-versatile'],
    ['qwen', 'qwen3-vl-plus'],
    ['fireworks', 'accounts/fireworks/models/kimi-k2p6'],
    ['openrouter', 'moonshotai/kimi-k2.6'],
  ])('%s/%s is one', (provider, model) => {
    expect(isChat(provider, model)).toBe(true);
  });

  test.each([
    ['openai', 'text-embedding-3-small'],
    ['openai', 'gpt-image-1'],
    ['openai', 'o3-deep-research'],
    ['google', 'gemini-2.5-flash-image'],
    ['google', 'gemini-2.5-flash-preview-tts'],
    ['groq', 'whisper-large-v3'],
    ['groq', 'canopylabs/orpheus-v1-english'],
    ['groq', 'openai/gpt-oss-safeguard-20b'],
    ['groq', 'meta-llama/llama-prompt-guard-2-22m'],
    ['mistral', 'mistral-embed'],
    ['qwen', 'qwen-mt-plus'],
    ['qwen', 'qwen-omni-turbo-realtime'],
    ['qwen', 'qwen-vl-ocr'],
    ['qwen', 'qwen3-asr-flash'],
    ['xai', 'grok-imagine-image'],
    ['vercel', 'voyage/rerank-2.5'],
    ['openrouter', 'openrouter/auto'],
    ['openrouter', 'openrouter/free'],
    ['openrouter', 'openai/gpt-4o-search-preview'],
    ['azure', 'model-router'],
    // The same model as another id of the host, in one region only.
    ['bedrock', 'us.anthropic.claude-sonnet-4-6'],
    ['fireworks', 'accounts/fireworks/routers/glm-5p2-fast'],
  ])('%s/%s is none', (provider, model) => {
    expect(isChat(provider, model)).toBe(false);
  });

  test('of one that is listed nowhere the name alone tells', () => {
    expect(isChatModel(null, 'qwen3-32b')).toBe(true);
    // What one host calls a model that chooses others is elsewhere a name as any other.
    expect(isChatModel(null, 'free')).toBe(true);
    expect(isChatModel(null, 'acme/auto')).toBe(true);
    expect(isChatModel(null, 'openrouter/free')).toBe(false);
    expect(isChatModel(null, 'nomic-embed-text')).toBe(false);
    expect(isChatModel(null, 'whisper-1')).toBe(false);
  });
});

test('isPreferred: the id that answers everywhere', () => {
  expect(isPreferred('bedrock', 'global.anthropic.claude-sonnet-4-6')).toBe(true);
  expect(isPreferred('bedrock', 'anthropic.claude-sonnet-4-6')).toBe(false);
  expect(isPreferred('openai', 'global.gpt')).toBe(false);
});

test('familyOf: dated and moving ids of a model are one, other models and regional variants are not', () => {
  expect(familyOf('openai', 'gpt-4o-2024-11-20')).toBe('gpt-4o');
  expect(familyOf('openai', 'gpt-4o')).toBe('gpt-4o');
  expect(familyOf('openai', 'gpt-4o-mini')).toBe('gpt-4o-mini');
  expect(familyOf('bedrock', 'global.anthropic.claude-sonnet-4-6')).toBe('claude-sonnet-4-6');
  expect(familyOf('bedrock', 'us.anthropic.claude-sonnet-4-6')).toBeNull();
});
