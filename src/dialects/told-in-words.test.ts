// Search results and documents of blocks reach every wire as text, and are named.
import { expect, test } from 'bun:test';
import { targetOf } from '../../test/contracts/example-reply.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { UPSTREAM_DIALECTS } from './index.ts';

const RESULT = {
  type: 'search_result',
  source: 'https://x/1',
  title: 'One',
  content: [{ type: 'text', text: 'found-mark' }],
};
const DOCUMENT = {
  type: 'document',
  source: { type: 'content', content: [{ type: 'text', text: 'block-mark' }] },
};
const CALL = anthropicMessages.decodeCall({
  model: 'm',
  max_tokens: 9,
  messages: [
    { role: 'user', content: [DOCUMENT, { type: 'text', text: 'Look.' }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [RESULT] }] },
  ],
  tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
});

const WIRES = ['openai-chat', 'openai-responses', 'cohere', 'gemini', 'bedrock-converse'] as const;

test.each(WIRES)('%s', (wire) => {
  const { body, losses } = UPSTREAM_DIALECTS[wire].encodeCall(CALL, targetOf('m'));
  expect(body).toContain('Document:\\nblock-mark');
  expect(body).toContain('Search result (One, https://x/1):\\nfound-mark');
  const named = losses.filter((loss) => loss.includes('sent as plain text'));
  expect(named.map((loss) => loss.split(':')[0])).toEqual([
    'messages[0].content[0]',
    'messages[2].content[0].content[0]',
  ]);
});

test('their own wire keeps them as they are', () => {
  const { body, losses } = UPSTREAM_DIALECTS['anthropic-messages'].encodeCall(CALL, targetOf('m'));
  expect(body).toContain(JSON.stringify(RESULT));
  expect(body).toContain(JSON.stringify(DOCUMENT));
  expect(losses).toEqual([]);
});
