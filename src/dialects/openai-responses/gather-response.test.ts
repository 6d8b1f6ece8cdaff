// Events as servers of this wire send them, against the response they would have sent whole.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { SseFrame } from '../../lib/sse.ts';
import { ResponseGatherer } from './gather-response.ts';

function gather(...events: readonly (JsonObject | string)[]): JsonObject {
  const gatherer = new ResponseGatherer();
  for (const event of events)
    gatherer.push(
      new SseFrame(null, typeof event === 'string' ? event : JSON.stringify(event), ''),
    );
  return gatherer.reply();
}

const ITEM = { id: 'msg_1', type: 'message', content: [{ type: 'output_text', text: 'Hello' }] };
const CALL = { id: 'fc_1', type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  output: [ITEM],
  usage: { input_tokens: 1 },
  vendor_member: { a: [1] },
};
const BEGUN = { ...RESPONSE, status: 'in_progress', output: [], usage: null };
const begun = { type: 'response.created', response: BEGUN };
const done = (output_index: number, item: JsonObject) =>
  ({ type: 'response.output_item.done', output_index, item }) as JsonObject;

describe('the response', () => {
  test.each(['completed', 'incomplete'])('is the one that ends the stream, %s', (status) => {
    const last = { type: `response.${status}`, response: { ...RESPONSE, status } };
    const after = { type: 'response.completed', response: { id: 'other' } };
    expect(gather(begun, done(0, CALL), last, after)).toEqual({ ...RESPONSE, status });
  });

  test('says how it ended where only its event does', () => {
    const { status: _, ...silent } = RESPONSE;
    for (const response of [silent, { ...RESPONSE, status: 'in_progress' }])
      expect(gather({ type: 'response.incomplete', response }).status).toBe('incomplete');
  });

  test('has the items that were told one by one where its end has none, in their order', () => {
    const last = { type: 'response.completed', response: { ...RESPONSE, output: [] } };
    expect(gather(begun, done(1, CALL), done(0, ITEM), '{"broken', last).output).toEqual([
      ITEM,
      CALL,
    ]);
    const { output: _, ...bare } = RESPONSE;
    expect(gather(done(0, ITEM), { type: 'response.completed', response: bare })).toEqual(RESPONSE);
  });

  test('is made of its beginning where its end brings none', () => {
    expect(gather(begun, done(0, ITEM), { type: 'response.completed' })).toEqual({
      ...BEGUN,
      status: 'completed',
      output: [ITEM],
    });
  });

  test('is refused where the stream has no end', () => {
    for (const events of [[], [begun], [begun, done(0, ITEM)], [{ type: 'error', message: 'x' }]]) {
      let thrown: unknown;
      try {
        gather(...events);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(GatewayError);
      expect((thrown as GatewayError).code).toBe('upstream_invalid_response');
    }
  });
});
