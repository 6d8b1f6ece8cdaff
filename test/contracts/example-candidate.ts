// A candidate for tests that need one, with as little in it as there can be.
import type { Candidate } from '../../src/core/plan.ts';
import type { Provider } from '../../src/core/provider.ts';

export function exampleCandidate(provider: Partial<Provider> = {}): Candidate {
  const plain: Provider = {
    id: 'p',
    name: 'P',
    dialect: 'openai-chat',
    baseUrl: 'http://127.0.0.1:1',
    auth: { kind: 'none' },
    env: [],
    quirks: {},
    docs: [],
  };
  const configured = { provider: { ...plain, ...provider }, keys: [], models: [], region: null };
  return { id: 'p/m', model: 'm', facts: null, configured };
}
