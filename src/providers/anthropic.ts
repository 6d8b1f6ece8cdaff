// Anthropic: the maker of the Messages dialect.
import type { Provider } from '../core/provider.ts';

export const anthropic: Provider = {
  id: 'anthropic',
  name: 'Anthropic',
  dialect: 'anthropic-messages',
  baseUrl: 'https://api.anthropic.com/v1',
  auth: { kind: 'header', name: 'x-api-key' },
  env: ['ANTHROPIC_API_KEY'],
  headers: { 'anthropic-version': '2023-06-01' },
  quirks: {},
  docs: [
    'https://platform.claude.com/docs/en/api/messages',
    'https://platform.claude.com/docs/en/api/versioning',
  ],
};
