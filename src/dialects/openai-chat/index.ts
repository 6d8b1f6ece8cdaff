// OpenAI Chat Completions, both ways: as our callers speak it and as providers do.
// platform.openai.com/docs/api-reference/chat, and what other makers' servers on this wire were recorded to do.
import type { ChatDialect } from '../../core/dialect.ts';
import { asArray, asNumber } from '../../lib/json.ts';
import { openingOf } from '../opening.ts';
import { withId } from '../with-id.ts';
import { askStreamed } from './ask-streamed.ts';
import { checkCall } from './check-call.ts';
import { decodeCall, userOf } from './decode-call.ts';
import { decodeError } from './decode-error.ts';
import { decodeReply } from './decode-reply.ts';
import { StreamDecoder } from './decode-stream.ts';
import { decodeOutput } from './decode-tools.ts';
import { dress } from './dress.ts';
import { encodeCall } from './encode-call.ts';
import { encodeError, encodeErrorFrame } from './encode-error.ts';
import { encodeReply } from './encode-reply.ts';
import { StreamEncoder } from './encode-stream.ts';
import { forwardCall } from './forward-call.ts';
import { CompletionGatherer } from './gather-completion.ts';
import { takesPrefill } from './prefill.ts';
import { limitSent } from './quirks.ts';
import { StreamRelay } from './relay.ts';
import { replay } from './replay.ts';
import { forwardReply } from './reply-metadata.ts';
import { survey } from './survey.ts';
import { choicesAreWhole } from './whole-choices.ts';

export const openaiChat: ChatDialect = {
  id: 'openai-chat',
  framing: 'sse',
  path: () => '/chat/completions',
  needsBytes: (part, { quirks }) =>
    part.type === 'image' ? quirks.imageUrls === false : quirks.documentUrls !== true,
  takesCacheMarks: ({ quirks }) => quirks.cacheControl === true,
  takesPrefill,
  limitSent,
  openingOf,
  survey,
  dress,
  idPrefix: 'chatcmpl-',
  forwardedHeaders: ['openai-beta', 'x-client-request-id'],
  checkCall,
  userOf,
  isOneText: ({ n, logprobs, audio, modalities }) =>
    (asNumber(n) ?? 1) === 1 &&
    logprobs !== true &&
    !audio &&
    !asArray(modalities).includes('audio'),
  outputOf: (body) => decodeOutput(body.response_format) ?? { type: 'text' },
  decodeCall,
  encodeCall,
  forwardCall,
  replay,
  decodeReply,
  isWhole: choicesAreWhole,
  encodeReply,
  forwardReply,
  reissued: withId,
  askStreamed,
  gatherer: () => new CompletionGatherer(),
  decoder: () => new StreamDecoder(),
  encoder: (context, metadata) => new StreamEncoder(context, metadata),
  relay: (context, metadata) => new StreamRelay(context, metadata),
  decodeError: (status, headers, body, text) =>
    decodeError(status, headers, body, text, Date.now()),
  encodeError,
  encodeErrorFrame,
};
