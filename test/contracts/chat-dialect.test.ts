// Every registered dialect keeps the contract of chat dialects.
import type { CallerDialectId } from '../../src/core/dialect.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import { chatDialectContract, type DialectSample } from './chat-dialect.ts';

const SAMPLES: { readonly [D in CallerDialectId]: Omit<DialectSample, 'dialect'> } = {
  'openai-chat': {
    minimal: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
    metadataField: 'metadata',
    shared: [],
  },
  'openai-responses': {
    minimal: { model: 'm', input: 'Hi' },
    metadataField: 'gateway_metadata',
    shared: ['metadata'],
  },
  'anthropic-messages': {
    minimal: { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
    metadataField: 'metadata',
    shared: [],
  },
};

for (const dialect of Object.values(DIALECTS)) {
  chatDialectContract({ dialect, ...SAMPLES[dialect.id] });
}
