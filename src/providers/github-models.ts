// GitHub Models.
import type { Provider } from '../core/provider.ts';

export const githubModels: Provider = {
  id: 'github-models',
  name: 'GitHub Models',
  aliases: ['github'],
  dialect: 'openai-chat',
  baseUrl: 'https://models.github.ai/inference',
  auth: { kind: 'bearer' },
  // GITHUB_TOKEN is not read: build machines and development containers have one that nobody meant for this.
  env: ['GITHUB_API_KEY'],
  quirks: {},
  docs: [
    'https://docs.github.com/en/github-models',
    'https://docs.github.com/en/rest/models/inference',
  ],
};
