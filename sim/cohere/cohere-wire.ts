// Cohere's wire: version 2 of its Chat API.
import type { Wire } from '../wire.ts';
import { chatFrames } from './chat-frames.ts';
import {
  cohereError,
  cohereErrorBody,
  cohereMissingKey,
  cohereNoSuchPage,
  cohereRefusal,
} from './errors.ts';
import { readChat } from './read-chat.ts';
import { writeChat } from './write-chat.ts';

export const cohereWire: Wire = {
  prefill: () => 'afresh',
  readAsk: (body, _request, behaviour) => readChat(body, behaviour.strict),
  reply: writeChat,
  frames: chatFrames,
  requestId: (ids) => ids.next('', 32),
  headers: (_behaviour, requestId) => `x-debug-trace-id: ${requestId}\r\n`,
  error: cohereError,
  refusal: cohereRefusal,
  missingKey: cohereMissingKey,
  errorBody: cohereErrorBody,
  // Nobody recorded one: the body of an error reply, as an event.
  errorFrame: (error, shape, requestId) =>
    `event: error\ndata: ${cohereErrorBody(error, shape, requestId)}\n\n`,
  malformed:
    'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"los\n\n',
  heartbeat: ': keep-alive\n\n',
  models: () => '{"models":[]}',
  model: (id) => JSON.stringify({ name: id, endpoints: ['chat'] }),
  noSuchPage: cohereNoSuchPage,
};
