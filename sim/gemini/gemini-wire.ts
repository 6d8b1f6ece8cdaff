// Google's wire: generateContent and streamGenerateContent, as AI Studio and Vertex serve them.
import { MODELS } from '../models.ts';
import type { Wire } from '../wire.ts';
import { candidateFrames } from './candidate-frames.ts';
import {
  geminiError,
  geminiErrorBody,
  geminiMissingKey,
  geminiNoSuchPage,
  geminiRefusal,
} from './errors.ts';
import { readContents } from './read-contents.ts';
import { writeCandidate } from './write-candidate.ts';

export const geminiWire: Wire = {
  // Its page on one model says that it takes no last model turn; the others go on from it.
  prefill: (model) => (model.includes('gemini-3.5-flash-lite') ? 'refused' : 'native'),
  readAsk: (body, request) => readContents(body, request),
  reply: writeCandidate,
  frames: candidateFrames,
  requestId: (ids) => ids.next('', 22),
  headers: (_behaviour, requestId) =>
    `x-gemini-service-tier: standard\r\nx-request-id: ${requestId}\r\n`,
  error: geminiError,
  refusal: geminiRefusal,
  missingKey: geminiMissingKey,
  errorBody: geminiErrorBody,
  errorFrame: (error, shape) => `data: ${geminiErrorBody(error, shape)}\n\n`,
  malformed: 'data: {"candidates":[{"content":{"parts":[{"text":"los\n\n',
  heartbeat: ': keep-alive\n\n',
  models: () => `{"models":[${MODELS.map(({ id }) => modelText(id)).join(',')}]}`,
  model: modelText,
  noSuchPage: geminiNoSuchPage,
};

function modelText(id: string): string {
  return JSON.stringify({
    name: `models/${id}`,
    displayName: `Simulated ${id}`,
    supportedGenerationMethods: ['generateContent'],
  });
}
