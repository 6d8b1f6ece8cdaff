// Amazon Bedrock's wires: Converse, and Claude's Messages inside InvokeModel.
import type { Answer } from '../answer.ts';
import { messageFrames } from '../anthropic-messages/message-frames.ts';
import { claudePrefill } from '../anthropic-messages/prefill.ts';
import { readMessages } from '../anthropic-messages/read-messages.ts';
import { writeMessages } from '../anthropic-messages/write-messages.ts';
import { Refused } from '../ask.ts';
import { MODELS } from '../models.ts';
import type { Frame, ReplyContext, Wire } from '../wire.ts';
import { damagedText, eventText, exceptionText } from './aws-message.ts';
import {
  bedrockError,
  bedrockErrorBody,
  bedrockMissingKey,
  bedrockNoSuchPage,
  bedrockRefusal,
} from './errors.ts';
import { modelInPath, readConverse } from './read-converse.ts';
import { converseFrames, writeConverse } from './write-converse.ts';

export const converseWire: Wire = {
  prefill: claudePrefill,
  readAsk: (body, request) => readConverse(body, request),
  reply: writeConverse,
  frames: converseFrames,
  binaryStream: 'application/vnd.amazon.eventstream',
  marksCache: true,
  requestId: (ids) => ids.next('', 24),
  headers: (_, requestId) => `x-amzn-requestid: ${requestId}\r\n`,
  errorHeaders: ({ type }) => `x-amzn-errortype: ${type}:http://internal.amazon.com/coral/\r\n`,
  error: bedrockError,
  refusal: bedrockRefusal,
  missingKey: bedrockMissingKey,
  errorBody: bedrockErrorBody,
  errorFrame: ({ type, message }) => exceptionText(type, message),
  malformed: eventText('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"los'),
  damaged: damagedText(),
  // The vendor sends none: an event of a kind nobody knows is the nearest.
  heartbeat: eventText('keepAlive', '{}'),
  models: () => JSON.stringify({ modelSummaries: MODELS.map(({ id }) => ({ modelId: id })) }),
  model: (id) => JSON.stringify({ modelDetails: { modelId: id } }),
  noSuchPage: bedrockNoSuchPage,
};

/** What the vendor adds to the last event. */
const METRICS = {
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount: 1,
    outputTokenCount: 1,
    invocationLatency: 1,
    firstByteLatency: 1,
  },
};

export const invokeWire: Wire = {
  ...converseWire,
  readAsk(body, request, behaviour) {
    if (body.anthropic_version !== 'bedrock-2023-05-31')
      return new Refused('anthropic_version: Field required');
    for (const field of ['model', 'stream']) {
      if (body[field] !== undefined)
        return new Refused(
          `Malformed input request: #: extraneous key [${field}] is not permitted, please reformat your input and try again.`,
        );
    }
    const path = request.path.split('?')[0] ?? '';
    const { anthropic_version: version, anthropic_beta: _, ...rest } = body;
    const stream = path.endsWith('/invoke-with-response-stream');
    const headers = { ...request.headers, 'anthropic-version': String(version) };
    return readMessages(
      { ...rest, model: modelInPath(path), stream },
      { ...request, headers },
      behaviour.strict,
      false,
    );
  },
  reply: writeMessages,
  frames: wrappedFrames,
};

/** Claude's events without the pings, each in a message of its own. */
function* wrappedFrames(answer: Answer, context: ReplyContext): Generator<Frame, void> {
  for (const { kind, text } of messageFrames(answer, context)) {
    if (text.startsWith('event: ping')) continue;
    const json = text.slice(text.indexOf('data: ') + 'data: '.length).trim();
    const event =
      kind === 'done' ? JSON.stringify({ ...(JSON.parse(json) as object), ...METRICS }) : json;
    const bytes = Buffer.from(event).toString('base64');
    yield { kind, text: eventText('chunk', JSON.stringify({ bytes, p: 'abcd' })) };
  }
}
