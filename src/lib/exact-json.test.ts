// Numbers survive being read and written.
import { expect, test } from 'bun:test';
import { parseExactJson } from './exact-json.ts';

test.each([
  '{"id":12345678901234567890,"in":[-9007199254740993,{"deep":1e400}],"n":1.5,"s":"12345678901234567890"}',
  '123456789012345678901',
  '{"a":null,"b":[],"c":{}}',
])('%s', (text) => {
  expect(JSON.stringify(parseExactJson(text))).toBe(text);
});

test('what is no JSON is undefined', () => {
  expect(parseExactJson('{"a":')).toBeUndefined();
});
