// Every registered dialect keeps the contract of chat dialects.
import type { DialectId } from '../../src/core/dialect.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { chatDialectContract } from './chat-dialect.ts';

const MINIMAL: { readonly [D in DialectId]: JsonObject } = {
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
  'anthropic-messages': { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
};

for (const dialect of Object.values(DIALECTS)) {
  chatDialectContract({ dialect, minimal: MINIMAL[dialect.id] });
}
