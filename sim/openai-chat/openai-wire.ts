// OpenAI's wire: Chat Completions and the list of models.
import type { Behaviour } from '../behaviour.ts';
import { MODELS } from '../models.ts';
import type { Wire } from '../wire.ts';
import { chatFrames } from './chat-frames.ts';
import {
  openaiError,
  openaiErrorBody,
  openaiMissingKey,
  openaiNoSuchPage,
  openaiRefusal,
} from './errors.ts';
import { readChat } from './read-chat.ts';
import { checkWants } from './wants.ts';
import { writeChat } from './write-chat.ts';

export const openaiWire: Wire = {
  // Its maker answers afresh after a last assistant message; servers that go on from one want it marked.
  prefill: () => 'marked',
  readAsk: (body, _request, behaviour) =>
    checkWants(body, behaviour) ?? readChat(body, behaviour.strict),
  reply: writeChat,
  frames: chatFrames,
  requestId: (ids) => ids.next('req_', 32),
  headers: (behaviour, requestId) =>
    `x-request-id: ${requestId}\r\nopenai-version: 2020-10-01\r\nopenai-processing-ms: 1\r\n${rateLimit(behaviour)}`,
  error: openaiError,
  refusal: openaiRefusal,
  missingKey: openaiMissingKey,
  errorBody: openaiErrorBody,
  errorFrame: (error, shape) => `data: ${openaiErrorBody(error, shape)}\n\n`,
  malformed:
    'data: {"id":"chatcmpl-broken","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"los\n\n',
  heartbeat: ': keep-alive\n\n',
  models: (created) =>
    `{"object":"list","data":[${MODELS.map(({ id }) => modelText(id, created)).join(',')}]}`,
  model: modelText,
  noSuchPage: openaiNoSuchPage,
};

function modelText(id: string, created: number): string {
  return JSON.stringify({ id, object: 'model', created, owned_by: 'switchyard-sim' });
}

/** https://platform.openai.com/docs/guides/rate-limits */
function rateLimit({ ratelimit }: Behaviour): string {
  if (ratelimit === null) return '';
  const reset = ratelimit === 0 ? '6m0s' : '60ms';
  return (
    `x-ratelimit-limit-requests: 500\r\nx-ratelimit-remaining-requests: ${ratelimit}\r\nx-ratelimit-reset-requests: ${reset}\r\n` +
    `x-ratelimit-limit-tokens: 200000\r\nx-ratelimit-remaining-tokens: ${ratelimit * 400}\r\nx-ratelimit-reset-tokens: ${reset}\r\n`
  );
}
