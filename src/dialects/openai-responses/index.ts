// OpenAI Responses, both ways: as our callers speak it and as providers do.
// platform.openai.com/docs/api-reference/responses, and what other makers' servers on this wire were recorded to do.
import type { ChatDialect } from '../../core/dialect.ts';
import { asArray, asNumber } from '../../lib/json.ts';
import { askedStreamed } from '../ask-streamed.ts';
import { checkCall } from './check-call.ts';
import { decodeCall, outputOf, userOf } from './decode-call.ts';
import { decodeError } from './decode-error.ts';
import { decodeReply } from './decode-reply.ts';
import { StreamDecoder } from './decode-stream.ts';
import { dress } from './dress.ts';
import { encodeCall } from './encode-call.ts';
import { limitSent } from './encode-call-sampling.ts';
import { encodeError, encodeErrorFrame } from './encode-error.ts';
import { encodeReply } from './encode-reply.ts';
import { StreamEncoder } from './encode-stream.ts';
import { refusesState, withoutState } from './foreign-state.ts';
import { forwardCall } from './forward-call.ts';
import { ResponseGatherer } from './gather-response.ts';
import { DIALECT } from './hosted-tools.ts';
import { openingOf } from './opening.ts';
import { reissued } from './reissued.ts';
import { FrameRelay } from './relay.ts';
import { replay } from './replay.ts';
import { forwardReply } from './reply-metadata.ts';
import { survey } from './survey.ts';

export const openaiResponses: ChatDialect = {
  id: DIALECT,
  framing: 'sse',
  path: () => '/responses',
  limitSent,
  openingOf,
  survey,
  dress,
  idPrefix: 'resp_',
  forwardedHeaders: ['openai-beta', 'x-client-request-id'],
  checkCall,
  isOneText: ({ include, top_logprobs, background }) =>
    (asNumber(top_logprobs) ?? 0) === 0 &&
    background !== true &&
    !asArray(include).includes('message.output_text.logprobs'),
  userOf,
  outputOf,
  decodeCall,
  encodeCall,
  forwardCall,
  replay,
  decodeReply,
  withoutState,
  refusesState,
  encodeReply,
  forwardReply,
  reissued,
  askStreamed: (text, body) => askedStreamed(text, body),
  gatherer: () => new ResponseGatherer(),
  decoder: () => new StreamDecoder(),
  encoder: (context, metadata) => new StreamEncoder(context, metadata),
  relay: (context, metadata) => new FrameRelay(context, metadata),
  decodeError: (status, headers, body, text) =>
    decodeError(status, headers, body, text, Date.now()),
  encodeError,
  encodeErrorFrame,
};
