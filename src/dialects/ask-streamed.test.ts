// What is spliced into a request that is to be asked as a stream, on every wire callers speak; everything else stays.
import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../lib/json.ts';
import { DIALECTS } from './index.ts';

const {
  'openai-chat': chat,
  'openai-responses': responses,
  'anthropic-messages': messages,
} = DIALECTS;

function asked(dialect: typeof chat, text: string): string {
  const body = JSON.parse(text) as JsonObject;
  const before = JSON.stringify(body);
  const found = dialect.askStreamed(text, body);
  if (found === null) throw new Error('expected a stream');
  expect(JSON.parse(found.text)).toEqual(found.body as never);
  expect(JSON.stringify(body)).toBe(before);
  return found.text;
}

const USAGE = '"stream_options":{"include_usage":true}';

describe('askStreamed', () => {
  test.each([responses, messages])('$id: one member, at the end', (dialect) => {
    expect(asked(dialect, '{ "model": "m",\n  "x": 1e3 }')).toBe(
      '{ "model": "m",\n  "x": 1e3,"stream":true }',
    );
  });

  test.each([responses, messages])('$id: put where it stood, the other way', (dialect) => {
    expect(asked(dialect, '{"stream" : false, "model":"m"}')).toBe(
      '{"stream" : true, "model":"m"}',
    );
    expect(asked(dialect, '{"stream":null}')).toBe('{"stream":true}');
  });

  test('openai-chat: its usage too', () => {
    expect(asked(chat, '{"model":"m", "x":[ 1 ]}')).toBe(
      `{"model":"m", "x":[ 1 ],"stream":true,${USAGE}}`,
    );
    expect(asked(chat, '{"stream":false,"model":"m"}')).toBe(
      `{"stream":true,"model":"m",${USAGE}}`,
    );
  });

  test('openai-chat: other options of streams stay', () => {
    expect(
      asked(chat, '{"stream_options":{"include_obfuscation":false,"include_usage":false}}'),
    ).toBe('{"stream_options":{"include_obfuscation":false,"include_usage":true},"stream":true}');
    expect(asked(chat, '{"stream_options":null}')).toBe(`{${USAGE},"stream":true}`);
  });

  test('a key that stands twice, or is spelled with escapes, is set once', () => {
    expect(asked(responses, '{"stream":false,"a":1,"stream":false}')).toBe('{"stream":true,"a":1}');
    expect(asked(responses, '{"str\\u0065am":false}')).toBe('{"str\\u0065am":true}');
  });

  test.each([chat, responses, messages])('$id: an extra_body does not take it back', (dialect) => {
    const text = '{"model":"m","extra_body":{"stream":false,"top_k": 1e1}}';
    const found = asked(dialect, text);
    expect(found).toStartWith('{"model":"m","extra_body":{"top_k": 1e1}');
    const forwarded = dialect.forwardCall(found, JSON.parse(found) as JsonObject, {
      provider: 'p',
      model: 'm',
      quirks: {},
      maxOutput: null,
      context: null,
      reasoning: null,
    });
    expect(JSON.parse(forwarded.body)).toMatchObject({ stream: true, top_k: 10 });
  });

  test('openai-chat: sound is streamed in one format only', () => {
    const sound = (format: string, extra = '') =>
      `{"modalities":["text","audio"],"audio":{"voice":"alloy","format":"${format}"}${extra}}`;
    for (const format of ['wav', 'mp3', 'flac'])
      expect(chat.askStreamed(sound(format), JSON.parse(sound(format)) as JsonObject)).toBeNull();
    expect(asked(chat, sound('pcm16'))).toContain('"stream":true');
    // Without the modality the format asks for nothing.
    expect(asked(chat, '{"modalities":["text"],"audio":{"format":"wav"}}')).toContain(
      '"stream":true',
    );
    const wrapped = `{"extra_body":${sound('wav')}}`;
    expect(chat.askStreamed(wrapped, JSON.parse(wrapped) as JsonObject)).toBeNull();
  });
});
