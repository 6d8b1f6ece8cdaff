// What the audit trail is told of a changed configuration: every place, no text.
import { expect, test } from 'bun:test';
import { configChanges } from './config-changes.ts';
import { parseConfig } from './load.ts';
import type { ConfigFile } from './schema.ts';

function read(yaml: string): ConfigFile {
  const parsed = parseConfig(yaml, { SECRET: 'from-the-environment' }, new Set(['openai']));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

test('every place that differs is told, and no text that stands there', () => {
  const before = read(`
providers:
  openai: { api_key: secret-a, headers: { x-a: secret-b } }
retries: 1
timeouts: { idle: 10s }`);
  const after = read(`
providers:
  openai: { api_key: "\${SECRET}", headers: { x-a: secret-b } }
  mine: { dialect: openai-chat, base_url: "http://user:secret-c@host/v1?k=secret-d" }
retries: 2
timeouts: { idle: 20s }`);
  const changes = configChanges(before, after);
  expect(changes).toEqual({
    sections: ['providers', 'timeouts', 'retries'],
    before: {
      'providers.openai.api_key': '…',
      'providers.mine': null,
      retries: 1,
      'timeouts.idle': 10_000,
    },
    after: {
      'providers.openai.api_key': '…',
      'providers.mine': { dialect: '…', base_url: '…' },
      retries: 2,
      'timeouts.idle': 20_000,
    },
  });
  expect(JSON.stringify(changes)).not.toMatch(/secret|environment/);
});

test('the same configuration changes nothing', () => {
  const yaml = 'providers:\n  openai: { api_keys: [a, b] }\nrouters: []';
  expect(configChanges(read(yaml), read(yaml))).toEqual({ sections: [], before: {}, after: {} });
});

test('of very many places the first are told, and how many more there are', () => {
  const models = (price: number) =>
    read(
      `models:\n${Array.from({ length: 250 }, (_, n) => `  - { id: a/m${n}, price: { input: ${price} } }`).join('\n')}`,
    );
  const { after, sections } = configChanges(models(1), models(2));
  expect(sections).toEqual(['models']);
  expect(Object.keys(after).length).toBe(201);
  expect(after['more places']).toBe(50);
});
