// The Messages wire (platform.claude.com/docs/en/api/messages), spoken to callers and to providers.
import type { ChatDialect } from '../../core/dialect.ts';
import { openingOf } from '../opening.ts';
import { checkCall } from './check-call.ts';
import { decodeCall, decodeOutput, userOf } from './decode-call.ts';
import { EventDecoder } from './decode-events.ts';
import { encodeCall } from './encode-call.ts';
import { EventEncoder } from './encode-events.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { refusesState, withoutState } from './foreign-state.ts';
import { forwardCall } from './forward-call.ts';
import { FrameRelay } from './relay.ts';
import { replay } from './replay.ts';
import { decodeReply, encodeReply, forwardReply } from './reply.ts';

export const anthropicMessages: ChatDialect = {
  id: 'anthropic-messages',
  framing: 'sse',
  path: () => '/messages',
  needsBytes: (part, { quirks }) =>
    (part.type === 'image' ? quirks.imageUrls : quirks.documentUrls) === false,
  takesCacheMarks: () => true,
  openingOf,
  idPrefix: 'msg_',
  forwardedHeaders: ['anthropic-beta', 'anthropic-version'],
  checkCall,
  userOf,
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
  decoder: () => new EventDecoder(),
  encoder: (context, metadata) => new EventEncoder(context, metadata),
  relay: (context, metadata) => new FrameRelay(context, metadata),
  decodeError: (status, headers, body, text) =>
    decodeError(status, headers, body, text, Date.now()),
  encodeError,
  encodeErrorFrame,
};
