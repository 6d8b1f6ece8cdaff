// Gemini's generateContent, as Google's two APIs for it speak it. Only providers speak it; callers do not.
// ai.google.dev/api/generate-content, docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
import type { Target, UpstreamDialect } from '../../core/dialect.ts';
import { findRule } from '../find-rule.ts';
import { decodeError } from './decode-error.ts';
import { decodeReply } from './decode-reply.ts';
import { StreamDecoder } from './decode-stream.ts';
import { encodeCall } from './encode-call.ts';
import { isOwnAddress } from './encode-media.ts';

export const gemini: UpstreamDialect = {
  id: 'gemini',
  framing: 'sse',
  path,
  encodeCall,
  needsBytes: ({ source }, { model, quirks }) => {
    if (source.kind !== 'url' || isOwnAddress(source.url)) return false;
    const taken = quirks.imageUrls !== false && source.url.startsWith('https://');
    return !taken || findRule(model, quirks.modelRules ?? [])?.mediaUrls === false;
  },
  // Taken by some models, promised of none: newer ones refuse it.
  takesPrefill: ({ model, quirks }) => findRule(model, quirks.modelRules ?? [])?.prefill === true,
  decodeReply,
  // Reported of the live API: "Thought signature is not valid".
  refusesState: ({ code, message }) =>
    code === 'upstream_invalid_request' && /thought.?signature is not valid/i.test(message),
  decoder: () => new StreamDecoder(),
  decodeError: (status, headers, body, text) =>
    decodeError(status, headers, body, text, Date.now()),
};

/** A name may come as the API lists it: `models/…`, `tunedModels/…`. */
function path({ model }: Target, stream: boolean): string {
  const tuned = model.startsWith('tunedModels/');
  const name = tuned || model.startsWith('models/') ? model.slice(model.indexOf('/') + 1) : model;
  const verb = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return `/${tuned ? 'tunedModels' : 'models'}/${encodeURIComponent(name)}:${verb}`;
}
