// The laws every provider's way of serving the endpoints beside chat keeps.
import { describe, expect, test } from 'bun:test';
import type { OperationId, OperationWireId, ServedOperation } from '../core/operation.ts';
import type { Provider } from '../core/provider.ts';
import { PROVIDERS } from '../providers/index.ts';
import { defaultModel, OPERATIONS, servedBy } from './index.ts';

const ids = Object.keys(OPERATIONS) as OperationId[];
const provider = (id: string): Provider => {
  const found = PROVIDERS.find((one) => one.id === id);
  if (!found) throw new Error(`no provider ${id}`);
  return found;
};
const wiresOf = (served: ServedOperation | null): OperationWireId[] =>
  served === null ? [] : [served.wire, ...(served.models ?? []).map(({ wire }) => wire)];

test('every operation is listed under its own name, and its path follows from it', () => {
  for (const id of ids) {
    expect(OPERATIONS[id].id).toBe(id);
    expect(OPERATIONS[id].path).toBe(`/${id.replace('.', '/')}`);
    expect(OPERATIONS[id].wires.openai).toBeDefined();
  }
});

describe.each(PROVIDERS.map((one) => [one.id, one] as const))('%s', (_, one) => {
  test('serves each operation on a wire that operation has, or not at all', () => {
    for (const id of ids) {
      for (const wire of wiresOf(servedBy(one, id))) {
        const known = wire === 'chat' ? id === 'completions' : OPERATIONS[id].wires[wire];
        expect([id, wire, Boolean(known)]).toEqual([id, wire, true]);
      }
    }
  });
});

test('those of OpenAI’s wire serve all in its form, those of others what is listed', () => {
  const served = (id: string) =>
    Object.fromEntries(
      ids.map((operation) => [operation, servedBy(provider(id), operation)?.wire]),
    );
  for (const id of ids) expect(servedBy(provider('openai'), id)).toMatchObject({ wire: 'openai' });
  expect(served('anthropic')).toEqual({ completions: 'chat' });
  expect(served('google')).toEqual({ completions: 'chat', embeddings: 'gemini' });
  expect(served('cohere')).toEqual({ completions: 'chat', embeddings: 'cohere', rerank: 'openai' });
  expect(served('voyage')).toEqual({ embeddings: 'openai', rerank: 'openai' });
  expect(served('bedrock')).toEqual({
    completions: 'chat',
    embeddings: 'bedrock-titan',
    rerank: 'bedrock-rerank',
  });
});

test('a call that names no model gets the default of the first provider that has one', () => {
  const configured = ['anthropic', 'mistral', 'openai'].map(provider);
  expect(defaultModel('moderations', configured)).toBe('openai/omni-moderation-latest');
  expect(defaultModel('moderations', configured.slice(0, 2))).toBeNull();
  for (const id of ids.filter((one) => one !== 'moderations'))
    expect(defaultModel(id, PROVIDERS)).toBeNull();
});
