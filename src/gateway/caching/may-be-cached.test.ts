// Which answers may be given again: never those of requests that do something or go on from elsewhere; where it was asked for by
// name also those that depend on more than the request says; all others.
import { describe, expect, test } from 'bun:test';
import type { CallerDialectId } from '../../core/dialect.ts';
import { DIALECTS } from '../../dialects/index.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { readInbound } from '../inbound.ts';
import { mayBeCached } from './may-be-cached.ts';
import { cachePolicy } from './policy.ts';
import { cacheSettings } from './settings.ts';

const SETTINGS = cacheSettings(undefined);
const CHAT = 'openai-chat';
const MESSAGES = 'anthropic-messages';
const RESPONSES = 'openai-responses';

function may(
  wire: CallerDialectId,
  more: JsonObject,
  mode?: 'exact',
  settings = SETTINGS,
): boolean {
  const plain = { model: 'a/m', ...(wire === MESSAGES ? { max_tokens: 9 } : {}) };
  const said =
    wire === RESPONSES ? { input: 'Hi' } : { messages: [{ role: 'user', content: 'Hi' }] };
  const text = JSON.stringify({ ...plain, ...said, ...more });
  const inbound = readInbound(DIALECTS[wire], text, new Headers());
  const cache = mode === undefined ? {} : { cache: { mode } };
  const asker = { options: cache, router: undefined, key: null, control: null, tenant: 'k' };
  const policy = cachePolicy({ ...asker, user: null }, settings);
  if (policy === null) throw new Error('the cache is off');
  return mayBeCached(inbound, policy, settings);
}

const says = (...content: readonly Json[]) => ({ messages: [{ role: 'user', content }] });
const asks = (...content: readonly Json[]) => ({ input: [{ role: 'user', content }] });
const DATA = 'data:image/png;base64,AAAA';
const FAR = 'https://pictures.test/a.png';

type Case = readonly [wire: CallerDialectId, what: string, more: JsonObject];

const ALWAYS: readonly Case[] = [
  [CHAT, 'plain', {}],
  [CHAT, 'the caller’s tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
  [CHAT, 'the caller’s tools, without a type', { tools: [{ function: { name: 'f' } }] }],
  [CHAT, 'free text tools', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
  [CHAT, 'a picture in it', says({ type: 'image_url', image_url: { url: DATA } })],
  [CHAT, 'sound in it', says({ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } })],
  [CHAT, 'a file in it', says({ type: 'file', file: { filename: 'a', file_data: DATA } })],
  [CHAT, 'no search', { web_search: false, enable_search: false, plugins: [] }],
  [CHAT, 'an address in words', says({ type: 'text', text: FAR })],
  [
    CHAT,
    'an answer that quoted pages',
    {
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: 'x',
          annotations: [{ type: 'url_citation', url_citation: { url: FAR } }],
        },
        { role: 'user', content: 'And?' },
      ],
    },
  ],
  [MESSAGES, 'plain', {}],
  [MESSAGES, 'the caller’s tools', { tools: [{ name: 'f', input_schema: { type: 'object' } }] }],
  [MESSAGES, 'the caller’s tools, named so', { tools: [{ type: 'custom', name: 'f' }] }],
  [
    MESSAGES,
    'a picture in it',
    says({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } }),
  ],
  [
    MESSAGES,
    'a call with an address in it',
    {
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 't', name: 'f', input: { url: FAR } }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
      ],
    },
  ],
  [RESPONSES, 'plain', {}],
  [RESPONSES, 'not kept there', { store: false }],
  [RESPONSES, 'the caller’s tools', { tools: [{ type: 'function', name: 'f', parameters: {} }] }],
  [RESPONSES, 'a picture in it', asks({ type: 'input_image', image_url: DATA })],
];

const ASKED: readonly Case[] = [
  [CHAT, 'our search', { web_search: true }],
  [CHAT, 'the model’s search', { web_search_options: {} }],
  [CHAT, 'the envelope’s search', { extra_body: { web_search: {} } }],
  [CHAT, 'a vendor’s search', { search_parameters: { mode: 'auto' } }],
  [CHAT, 'a vendor’s plug-ins', { plugins: [{ id: 'web' }] }],
  [CHAT, 'a tool of the provider’s', { tools: [{ type: 'web_search' }] }],
  [CHAT, 'a picture elsewhere', says({ type: 'image_url', image_url: { url: FAR } })],
  [CHAT, 'a document elsewhere', says({ type: 'document_url', document_url: FAR })],
  [CHAT, 'an uploaded file', says({ type: 'file', file: { file_id: 'file-1' } })],
  [
    CHAT,
    'a spoken answer',
    { modalities: ['text', 'audio'], audio: { voice: 'a', format: 'wav' } },
  ],
  [MESSAGES, 'a search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  [MESSAGES, 'code', { tools: [{ type: 'code_execution_20250522', name: 'code_execution' }] }],
  [MESSAGES, 'a computer', { tools: [{ type: 'computer_20250124', name: 'computer' }] }],
  [MESSAGES, 'a picture elsewhere', says({ type: 'image', source: { type: 'url', url: FAR } })],
  [
    MESSAGES,
    'an uploaded file',
    says({ type: 'document', source: { type: 'file', file_id: 'f' } }),
  ],
  [
    MESSAGES,
    'a picture elsewhere in what a tool gave',
    says({
      type: 'tool_result',
      tool_use_id: 't',
      content: [{ type: 'image', source: { type: 'url', url: FAR } }],
    }),
  ],
  [RESPONSES, 'a search', { tools: [{ type: 'web_search' }] }],
  [RESPONSES, 'files', { tools: [{ type: 'file_search', vector_store_ids: ['v'] }] }],
  [RESPONSES, 'code', { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }],
  [RESPONSES, 'a computer', { tools: [{ type: 'computer_use_preview' }] }],
  [RESPONSES, 'pictures drawn', { tools: [{ type: 'image_generation' }] }],
  [RESPONSES, 'a stored prompt', { prompt: { id: 'pmpt_1' } }],
  [RESPONSES, 'a picture elsewhere', asks({ type: 'input_image', image_url: FAR })],
  [RESPONSES, 'an uploaded picture', asks({ type: 'input_image', file_id: 'file-1' })],
  [RESPONSES, 'a file elsewhere', asks({ type: 'input_file', file_url: FAR })],
  [RESPONSES, 'an item kept elsewhere', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
];

const NEVER: readonly Case[] = [
  [MESSAGES, 'servers of tools', { mcp_servers: [{ type: 'url', url: FAR, name: 's' }] }],
  [MESSAGES, 'a container', { container: 'c1' }],
  [RESPONSES, 'servers of tools', { tools: [{ type: 'mcp', server_label: 's', server_url: FAR }] }],
  [RESPONSES, 'an earlier response', { previous_response_id: 'resp_1' }],
  [
    RESPONSES,
    'an earlier response, in the envelope',
    { extra_body: { previous_response_id: 'r' } },
  ],
  [RESPONSES, 'a conversation', { conversation: 'conv_1' }],
  [RESPONSES, 'in the background', { extra_body: { background: true } }],
];

describe('mayBeCached', () => {
  test.each(ALWAYS)('%s, %s: yes', (wire, _, more) => {
    expect([may(wire, more), may(wire, more, 'exact')]).toEqual([true, true]);
  });
  test.each(ASKED)('%s, %s: where it was asked for', (wire, _, more) => {
    expect([may(wire, more), may(wire, more, 'exact')]).toEqual([false, true]);
  });
  test.each(NEVER)('%s, %s: never', (wire, _, more) => {
    expect([may(wire, more), may(wire, more, 'exact')]).toEqual([false, false]);
  });
  test('one that is too large: never', () => {
    const small = cacheSettings({ max_request: 100 });
    expect(may(CHAT, { user: 'x'.repeat(20) }, 'exact', small)).toBe(true);
    expect(may(CHAT, { user: 'x'.repeat(100) }, 'exact', small)).toBe(false);
  });
});
