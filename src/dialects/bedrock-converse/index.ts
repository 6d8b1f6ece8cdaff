// The Converse wire (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html), spoken to providers only.
import type { UpstreamDialect } from '../../core/dialect.ts';
import { refusesState } from '../anthropic-messages/foreign-state.ts';
import { ConverseDecoder } from './decode-events.ts';
import { decodeReply } from './decode-reply.ts';
import { encodeCall } from './encode-call.ts';
import { isS3 } from './encode-document.ts';
import { decodeError } from './errors.ts';
import { familyOf, limitSent, takesPrefill } from './family.ts';

export const bedrockConverse: UpstreamDialect = {
  id: 'bedrock-converse',
  framing: 'aws-event-stream',
  path: ({ model }, stream) =>
    `/model/${encodeURIComponent(model)}/${stream ? 'converse-stream' : 'converse'}`,
  encodeCall,
  needsBytes: ({ source }) => source.kind === 'url' && !isS3(source.url),
  takesCacheMarks: (target) => familyOf(target).cachePoints?.length !== 0,
  takesPrefill,
  limitSent,
  decodeReply,
  refusesState,
  decoder: () => new ConverseDecoder(),
  decodeError: (status, headers, body, text) =>
    decodeError(status, headers, body, text, Date.now()),
};
