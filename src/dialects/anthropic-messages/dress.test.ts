// What only this wire has to do where a router puts something to a request.
import { expect, test } from 'bun:test';
import type { Dressing } from '../../core/dressing.ts';
import type { JsonObject } from '../../lib/json.ts';
import { dress } from './dress.ts';

const NOTHING: Dressing = { prompt: [], generation: {}, search: {}, commands: null };
const put = (text: string, dressing: Partial<Dressing>) => {
  const dressed = dress(text, JSON.parse(text) as JsonObject, { ...NOTHING, ...dressing });
  expect(JSON.parse(dressed.text)).toEqual(dressed.body as never);
  return dressed;
};

test('instructions before blocks are a block, and the blocks keep their bytes', () => {
  const blocks = '[ {"type":"text","text":"\\u0041","cache_control":{"type":"ephemeral"}} ]';
  const text = `{"system": ${blocks}, "messages": [], "max_tokens": 1}`;
  const { text: dressed } = put(text, { prompt: [{ role: 'system', content: 'P' }] });
  expect(dressed).toBe(text.replace('[ {', '[{"type":"text","text":"P"}, {'));
});

test('a text of instructions keeps its bytes after the router’s', () => {
  const text = '{"system":"caf\\u00e9","messages":[],"max_tokens":1}';
  const prompt = ['P', 'Q'].map((content) => ({ role: 'system' as const, content }));
  expect(put(text, { prompt }).text).toBe(text.replace('"caf', '"P\\n\\nQ\\n\\ncaf'));
});

test('instructions between examples go before them all: there is no other place', () => {
  const { body } = put('{"messages":[{"role":"user","content":"Hi"}],"max_tokens":1}', {
    prompt: [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'P' },
    ],
  });
  expect(body.system).toBe('P');
  expect(body.messages).toEqual([
    { role: 'user', content: 'a' },
    { role: 'user', content: 'Hi' },
  ]);
});

test('arguments keep their digits', () => {
  const call = { id: 'c', name: 'f', arguments: '{"n": 12345678901234567890}' };
  const { text } = put('{"messages":[],"max_tokens":1}', {
    prompt: [{ role: 'assistant', content: 'T', toolCalls: [call] }],
  });
  expect(text).toContain('{"type":"text","text":"T"},{"type":"tool_use"');
  expect(text).toContain('"input":{"n": 12345678901234567890}');
});

test('a temperature above the highest is not said, unless the request says one', () => {
  const generation = { temperature: 1.5 };
  const { body, unsaid } = put('{"messages":[],"max_tokens":1}', { generation });
  expect([body.temperature, unsaid]).toEqual([undefined, ['temperature']]);
  const own = put('{"messages":[],"max_tokens":1,"temperature":0}', { generation });
  expect([own.body.temperature, own.unsaid]).toEqual([0, []]);
});

test('a count of tokens gets the words, and none of the settings of an answer', () => {
  const { body, unsaid } = put('{"messages":[]}', {
    prompt: [{ role: 'system', content: 'P' }],
    generation: { temperature: 0.5, seed: 1 },
    search: { webSearch: true },
  });
  expect(body).toEqual({ system: 'P', messages: [] });
  expect(unsaid).toEqual([]);
});
