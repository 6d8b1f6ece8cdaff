// Events of another wire out of AWS messages: as they were, without what the host put in; what it throws in that wire's words.
import { expect, test } from 'bun:test';
import { awsMessage } from '../../../sim/bedrock-converse/aws-message.ts';
import { WrappedEventReader } from './wrapped-events.ts';

function chunk(text: string): Buffer {
  const bytes = Buffer.from(text).toString('base64');
  return awsMessage(
    { ':event-type': 'chunk', ':message-type': 'event' },
    JSON.stringify({ bytes, p: 'padding' }),
  );
}

function thrown(type: string): Buffer {
  return awsMessage({ ':exception-type': type, ':message-type': 'exception' }, '{"message":"No"}');
}

function frames(...messages: readonly Buffer[]) {
  const reader = new WrappedEventReader();
  return [...reader.push(Buffer.concat(messages)), ...reader.end()];
}

test('an event passes byte for byte, the host’s own members go', () => {
  const text = '{"type":"content_block_delta",  "delta":{"text":"é 1.0"}}';
  const last =
    '{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1},"amazon-bedrock-trace":{}}';
  expect(frames(chunk(text), chunk(last)).map(({ event, raw }) => [event, raw])).toEqual([
    ['content_block_delta', `event: content_block_delta\ndata: ${text}\n\n`],
    ['message_stop', 'event: message_stop\ndata: {"type":"message_stop"}\n\n'],
  ]);
});

test.each([
  ['throttlingException', 'rate_limit_error'],
  ['serviceUnavailableException', 'overloaded_error'],
  ['modelTimeoutException', 'timeout_error'],
  ['validationException', 'invalid_request_error'],
  ['modelStreamErrorException', 'api_error'],
])('%s', (type, expected) => {
  const [frame] = frames(thrown(type));
  expect([frame?.event, frame?.json]).toEqual([
    'error',
    { type: 'error', error: { type: expected, message: 'No' } },
  ]);
});

test('what is no event is left out or left alone', () => {
  const other = awsMessage({ ':event-type': 'new', ':message-type': 'event' }, '{"x":1}');
  expect(frames(other, chunk('not JSON')).map(({ event, data }) => [event, data])).toEqual([
    [null, 'not JSON'],
  ]);
});
