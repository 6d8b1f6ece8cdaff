// Whose models cost nothing: local servers where they are found, whoever the configuration says so of, and nobody else.
import { expect, test } from 'bun:test';
import type { ConfigFile } from '../config/schema.ts';
import { FREE } from '../core/price-of.ts';
import { configureProviders } from './configure-providers.ts';

function priceOf(
  id: string,
  entry: NonNullable<ConfigFile['providers']>[string] | undefined,
  found = false,
) {
  const { providers } = configureProviders({
    config: { providers: entry === undefined ? {} : { [id]: entry } },
    environment: {},
    local: new Map(found ? [[id, ['m']]] : []),
    sim: { url: 'http://127.0.0.1:9', models: [] },
  });
  expect(providers.has(id)).toBe(true);
  return providers.get(id)?.price;
}

const ELSEWHERE = { base_url: 'http://10.0.0.9:8000/v1' };

test('a local server is free where it was found or asked for, and not known to be anywhere else', () => {
  for (const id of ['ollama', 'vllm', 'lmstudio', 'llamacpp']) {
    expect(priceOf(id, undefined, true)).toEqual(FREE);
    expect(priceOf(id, {})).toEqual(FREE);
    expect(priceOf(id, ELSEWHERE)).toBeUndefined();
    expect(priceOf(id, { ...ELSEWHERE, price: 'free' })).toEqual(FREE);
  }
});

test('made-up answers are free wherever they are made', () => {
  expect(priceOf('sim', undefined)).toEqual(FREE);
  expect(priceOf('sim', ELSEWHERE)).toEqual(FREE);
});

test('any other provider is free where the configuration says so', () => {
  expect(priceOf('mine', ELSEWHERE)).toBeUndefined();
  expect(priceOf('mine', { ...ELSEWHERE, price: 'free' })).toEqual(FREE);
  expect(priceOf('openai', { api_key: 'k' })).toBeUndefined();
});
