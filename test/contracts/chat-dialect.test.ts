// Every registered dialect keeps the contract of chat dialects.
import type { CallerDialectId } from '../../src/core/dialect.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { chatDialectContract } from './chat-dialect.ts';

const MINIMAL: { readonly [D in CallerDialectId]: JsonObject } = {
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
  'openai-responses': { model: 'm', input: 'Hi' },
  'anthropic-messages': { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
};

for (const dialect of Object.values(DIALECTS)) {
  chatDialectContract({ dialect, minimal: MINIMAL[dialect.id] });
}
