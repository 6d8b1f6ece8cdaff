// Which models a key opens, pattern by pattern.
import { describe, expect, test } from 'bun:test';
import { allows, allowsModel, type KeyRecord } from './key.ts';
import { NO_LIMITS } from './limits.ts';

const key = (allowedModels: readonly string[] | null): KeyRecord => ({
  id: 'key_1',
  name: 'test',
  role: 'inference',
  origin: 'api',
  prefix: 'sy-abcdef',
  allowedModels,
  allowedRouters: null,
  enabled: true,
  limits: NO_LIMITS,
  userLimits: NO_LIMITS,
  labels: {},
  expiresAt: null,
  metadata: null,
  logBodies: null,
  cache: null,
  createdAt: 0,
  updatedAt: 0,
});

test.each<[pattern: string, id: string, allowed: boolean]>([
  ['openai/gpt-5.4', 'openai/gpt-5.4', true],
  ['openai/gpt-5.4', 'openai/gpt-5.4-mini', false],
  ['openai/gpt-5.4', 'azure/gpt-5.4', false],
  ['gpt-5.4', 'openai/gpt-5.4', true],
  ['gpt-5.4', 'azure/gpt-5.4', true],
  ['gpt-5.4', 'openai/gpt-5.4-mini', false],
  ['gpt-5.4', 'openai/not-gpt-5.4', false],
  ['gpt-5.4', 'gpt-5.4', true],
  ['gpt-5.4', 'router/gpt-5.4', false],
  ['gpt-oss-120b', 'groq/openai/gpt-oss-120b', true],
  ['openai/gpt-oss-120b', 'groq/openai/gpt-oss-120b', false],
  ['openai/*', 'openai/gpt-5.4', true],
  ['openai/*', 'openai', false],
  ['openai/*', 'openai-proxy/gpt-5.4', false],
  ['openai/*', 'groq/openai/gpt-oss-120b', false],
  ['groq/openai/*', 'groq/openai/gpt-oss-120b', true],
  ['groq/openai/*', 'groq/llama', false],
  ['router/voice', 'router/voice', true],
  ['router/voice', 'router/voice-2', false],
  ['router/*', 'router/voice', true],
  ['router/*', 'openai/gpt-5.4', false],
  ['*', 'openai/gpt-5.4', true],
  ['*', 'router/voice', true],
  ['OpenAI/gpt-5.4', 'openai/gpt-5.4', false],
])('%s opens %s: %p', (pattern, id, allowed) => {
  expect(allowsModel(key([pattern]), id)).toBe(allowed);
  expect(allowsModel(key(['nothing/else', pattern]), id)).toBe(allowed);
});

test('no list opens everything, an empty one nothing', () => {
  expect(allowsModel(key(null), 'openai/gpt-5.4')).toBe(true);
  expect(allowsModel(key([]), 'openai/gpt-5.4')).toBe(false);
});

describe('routers', () => {
  test.each<
    [
      routers: readonly string[] | null,
      models: readonly string[] | null,
      id: string,
      allowed: boolean,
    ]
  >([
    // They alone decide about routers …
    [['voice'], null, 'router/voice', true],
    [['voice'], null, 'router/voice-2', false],
    [['router/voice'], null, 'router/voice', true],
    [['inworld/voice'], null, 'router/voice', true],
    [['*'], [], 'router/voice', true],
    [['router/*'], [], 'router/voice', true],
    [['inworld/*'], [], 'router/voice', true],
    [['voice'], ['router/*', '*'], 'router/other', false],
    [[], null, 'router/voice', false],
    // … and about nothing else.
    [['*'], [], 'openai/gpt-5.4', false],
    [['voice'], null, 'openai/voice', true],
    [['gpt-5.4'], ['openai/*'], 'openai/gpt-5.4', true],
    [['auto'], [], 'auto', false],
    [[], ['auto'], 'auto', true],
    // Not given: as the models say.
    [null, ['router/voice'], 'router/voice', true],
    [null, ['inworld/voice'], 'router/voice', true],
    [null, ['openai/*'], 'router/voice', false],
    [null, null, 'router/voice', true],
  ])('%j beside models %j: %s %p', (allowedRouters, allowedModels, id, allowed) => {
    expect(allows({ allowedModels, allowedRouters }, id)).toBe(allowed);
  });
});
