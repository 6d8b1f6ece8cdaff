// Would the vendor take it: the checks of each wire by its name.
import { checkMessages } from '../../../sim/anthropic-messages/check-messages.ts';
import { checkChat } from '../../../sim/openai-chat/check-chat.ts';
import type { DialectId } from '../../../src/core/dialect.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { checkCohere } from './check-cohere.ts';
import { checkConverse } from './check-converse.ts';
import { checkGemini } from './check-gemini.ts';
import { checkResponses } from './check-responses.ts';

const CHECKS: { readonly [W in DialectId]: (request: JsonObject) => readonly string[] } = {
  'openai-chat': (request) => refusal(checkChat(request, true)),
  'openai-responses': checkResponses,
  'anthropic-messages': (request) => refusal(checkMessages(request, true, false)),
  gemini: checkGemini,
  'bedrock-converse': checkConverse,
  cohere: checkCohere,
};

/** What is wrong with a request of this wire; empty where it would be taken. */
export function checkRequest(wire: DialectId, request: JsonObject): readonly string[] {
  return CHECKS[wire](request);
}

/** The simulated model's check knows only its own signatures; real ones are no fault of the request. */
function refusal(refused: { readonly message: string } | null | undefined): readonly string[] {
  if (!refused || refused.message.includes('Invalid `signature`')) return [];
  return [refused.message];
}
