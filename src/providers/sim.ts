// The simulated provider: made-up answers from this very program, for a first run without keys and for tests.
import type { Provider } from '../core/provider.ts';

export const sim: Provider = {
  id: 'sim',
  name: 'Simulated provider',
  dialect: 'openai-chat',
  // Port 0: the real one is filled in when the simulation has started listening.
  baseUrl: 'http://127.0.0.1:0/v1',
  auth: { kind: 'none' },
  env: [],
  quirks: {},
  simulated: true,
  docs: [],
};
