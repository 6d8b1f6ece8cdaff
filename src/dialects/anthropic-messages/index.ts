// The Messages wire (platform.claude.com/docs/en/api/messages), spoken to callers and to providers.
import type { ChatDialect } from '../../core/dialect.ts';
import { askedStreamed } from '../ask-streamed.ts';
import { openingOf } from '../opening.ts';
import { checkCall } from './check-call.ts';
import { decodeCall, decodeOutput, userOf } from './decode-call.ts';
import { EventDecoder } from './decode-events.ts';
import { dress } from './dress.ts';
import { encodeCall } from './encode-call.ts';
import { EventEncoder } from './encode-events.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { refusesState, withoutState } from './foreign-state.ts';
import { forwardCall } from './forward-call.ts';
import { MessageGatherer } from './gather-message.ts';
import { takesPrefill } from './model-rules.ts';
import { reissued } from './reissued.ts';
import { FrameRelay } from './relay.ts';
import { replay } from './replay.ts';
import { decodeReply, encodeReply, forwardReply } from './reply.ts';
import { survey } from './survey.ts';

export const anthropicMessages: ChatDialect = {
  id: 'anthropic-messages',
  framing: 'sse',
  path: () => '/messages',
  needsBytes: (part, { quirks }) =>
    (part.type === 'image' ? quirks.imageUrls : quirks.documentUrls) === false,
  takesCacheMarks: () => true,
  // Of other makers' models behind this wire it is not known.
  takesPrefill: ({ model, quirks }) => takesPrefill(model, quirks.modelRules),
  openingOf,
  survey,
  dress,
  idPrefix: 'msg_',
  forwardedHeaders: ['anthropic-beta', 'anthropic-version'],
  checkCall,
  userOf,
  isOneText: () => true,
  outputOf: decodeOutput,
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
  gatherer: () => new MessageGatherer(),
  decoder: () => new EventDecoder(),
  encoder: (context, metadata) => new EventEncoder(context, metadata),
  relay: (context, metadata) => new FrameRelay(context, metadata),
  decodeError: (status, headers, body, text) =>
    decodeError(status, headers, body, text, Date.now()),
  encodeError,
  encodeErrorFrame,
};
