// Cohere's Chat API, version 2, as its provider speaks it (docs.cohere.com/reference/chat, …/chat-stream).
import type { UpstreamDialect } from '../../core/dialect.ts';
import { decodeReply } from './decode-reply.ts';
import { StreamDecoder } from './decode-stream.ts';
import { encodeCall } from './encode-call.ts';
import { decodeError } from './errors.ts';

export const cohere: UpstreamDialect = {
  id: 'cohere',
  framing: 'sse',
  path: () => '/chat',
  // Pictures at addresses are fetched by the provider, documents are text that stands in the call.
  needsBytes: (part) => part.type === 'document',
  encodeCall,
  decodeReply,
  decoder: () => new StreamDecoder(),
  decodeError: (status, headers, body, text) =>
    decodeError(status, headers, body, text, Date.now()),
};
