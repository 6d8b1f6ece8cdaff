// The command a newcomer pastes has to work: its model is one that a key alone reaches.
import { expect, test } from 'bun:test';
import { loadCatalogData } from '../catalog/load.ts';
import { buildSnapshot } from '../gateway/snapshot.ts';
import { banner } from './banner.ts';

/** The model in the command, for a gateway with these variables in its environment. */
function modelShown(environment: { readonly [name: string]: string }): string | undefined {
  const snapshot = buildSnapshot({
    config: {},
    environment,
    catalog: loadCatalogData('no-such-folder'),
    local: new Map(),
    sim: null,
  });
  const text = banner({
    url: 'http://127.0.0.1:1',
    version: '0',
    snapshot,
    configFile: null,
    dataDir: '.',
    newAdminKey: null,
    adminKeyShell: '$KEY',
    color: false,
  });
  return /"model": "([^"]+)"/.exec(text)?.[1];
}

const AZURE = {
  AZURE_OPENAI_API_KEY: 'k',
  AZURE_OPENAI_ENDPOINT: 'https://resource.openai.azure.com',
};

test('a model of a provider that a key is enough for, where there is one', () => {
  expect(modelShown({ ...AZURE, OPENAI_API_KEY: 'k' })).toMatch(/^openai\//);
  expect(modelShown(AZURE)).toMatch(/^azure\//);
});
