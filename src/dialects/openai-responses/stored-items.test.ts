// A stored conversation put into a later request: what was the caller's own stays byte for byte, and nothing goes along
// that only a provider's store could make sense of.
import { describe, expect, test } from 'bun:test';
import { asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { asInput, inputItems, listed, previousOf, withConversation } from './stored-items.ts';

const parsed = (text: string): JsonObject => asObject(parseJson(text)) ?? {};
const before: readonly JsonObject[] = [{ type: 'message', role: 'user', content: 'One.' }];
const BEFORE = '{"type":"message","role":"user","content":"One."}';

/** The request's text with the conversation in it. */
function whole(text: string): string {
  const made = withConversation(text, parsed(text), before);
  expect(made.body).toEqual(parsed(made.text));
  return made.text;
}

describe('the conversation goes into', () => {
  test('items, whose bytes stay', () => {
    const text =
      '{ "model":"m", "previous_response_id":"r", "input" : [ {"role":"user", "content":"\\u00e9 1.0"} , {"type":"x","n":1.50} ], "temperature":1.0 }';
    expect(whole(text)).toBe(
      `{ "model":"m", "input" : [${BEFORE},{"role":"user", "content":"\\u00e9 1.0"} , {"type":"x","n":1.50}], "temperature":1.0 }`,
    );
  });

  test('a text, an empty list, and no input at all', () => {
    const head = '{"model":"m","previous_response_id":"r"';
    const said = '{"type":"message","role":"user","content":[{"type":"input_text","text":"Two."}]}';
    expect(whole(`${head},"input":"Two."}`)).toBe(`{"model":"m","input":[${BEFORE},${said}]}`);
    for (const input of ['', ',"input":[]', ',"input":null'])
      expect(whole(`${head}${input}}`)).toBe(`{"model":"m","input":[${BEFORE}]}`);
  });

  test('a request whose fields stand in a literal extra_body', () => {
    const text = '{"model":"m","input":[],"extra_body":{"previous_response_id":"r","x":1.0}}';
    expect(previousOf(parsed(text))).toBe('r');
    expect(whole(text)).toBe(`{"model":"m","input":[${BEFORE}],"extra_body":{"x":1.0}}`);
    const both = '{"model":"m","extra_body":{"previous_response_id":"r","input":[{"a":1.0}]}}';
    expect(whole(both)).toBe(`{"model":"m","extra_body":{},"input":[${BEFORE},{"a":1.0}]}`);
  });
});

describe('output as input', () => {
  const message = { type: 'message', id: 'msg_1', role: 'assistant', content: [] };
  const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}' };
  const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' };
  const reasoning = (state?: string): JsonObject => ({
    type: 'reasoning',
    id: 'rs_1',
    summary: [],
    ...(state === undefined ? {} : { encrypted_content: state }),
  });

  test('loses the ids of a store, but for items that are nothing without', () => {
    expect(asInput([message, call, search], 'same', false)).toEqual([
      { type: 'message', role: 'assistant', content: [] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      search,
    ]);
  });

  test('brings reasoning to who can read it', () => {
    const packed = reasoning('switchyard:anthropic-claude-v1:S');
    const items = [reasoning(), reasoning('E'), packed];
    expect(asInput(items, 'same', true)).toEqual([reasoning('E'), packed]);
    expect(asInput(items, 'same', false)).toEqual([packed]);
    // Across wires each part is weighed by the encoder.
    expect(asInput(items, 'other', false)).toEqual(items);
  });
});

test('items are listed with ids, messages with their content in parts', () => {
  const items = inputItems({
    input: [
      { role: 'user', content: 'A' },
      { role: 'assistant', content: 'B' },
      { type: 'function_call_output', call_id: 'c', output: '1' },
      { type: 'message', id: 'msg_9', role: 'user', content: [{ type: 'input_text', text: 'C' }] },
    ],
  });
  const shown = listed(items, 'resp_7');
  expect(shown.map(({ id, type }) => [id, type])).toEqual([
    ['msg_7_in0', 'message'],
    ['msg_7_in1', 'message'],
    ['item_7_in2', 'function_call_output'],
    ['msg_9', 'message'],
  ]);
  expect(shown[0]?.content).toEqual([{ type: 'input_text', text: 'A' }]);
  expect(shown[1]?.content).toEqual([{ type: 'output_text', text: 'B' }]);
});
