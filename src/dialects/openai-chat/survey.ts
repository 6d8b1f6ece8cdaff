// What routing may ask of a request of this wire, in one pass over its messages.
import { isLimit, type Survey, type TurnRole } from '../../core/survey.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import {
  isStructured,
  offersTools,
  optionThinks,
  SurveyNotes,
  thinkingThinks,
} from '../survey-notes.ts';
import { flat } from './decode-call.ts';
import { decodeOutput } from './decode-tools.ts';

export function survey(body: JsonObject): Survey {
  const fields = flat(body);
  const notes = new SurveyNotes();
  for (const message of asObjects(fields.messages))
    notes.turn(roleOf(message.role), textsOf(message.content, notes));
  // Who is asked to speak must be able to, as who is spoken to must hear.
  if (asArray(fields.modalities).includes('audio')) notes.audio = true;
  return notes.survey({
    tools: offersTools(fields, (fields.tool_choice ?? fields.function_call) === 'none'),
    structured: isStructured(decodeOutput(fields.response_format) ?? { type: 'text' }),
    reasoning: thinks(fields),
    maxOutput: limitOf(fields),
  });
}

/** Where both are there both may be sent, and which of them counts its receiver knows: the larger, where both are limits. */
function limitOf(fields: JsonObject): number | null {
  const successor = asNumber(fields.max_completion_tokens);
  const first = asNumber(fields.max_tokens);
  if (successor === undefined || first === undefined) return successor ?? first ?? null;
  return isLimit(successor) && isLimit(first) ? Math.max(successor, first) : null;
}

function roleOf(role: Json | undefined): TurnRole {
  switch (role) {
    case 'system':
    case 'developer':
      return 'system';
    case 'assistant':
      return 'assistant';
    case 'tool':
    case 'function':
      return 'tool';
    default:
      return 'user';
  }
}

function textsOf(content: Json | undefined, notes: SurveyNotes): readonly string[] {
  if (typeof content === 'string') return content === '' ? [] : [content];
  const texts: string[] = [];
  for (const part of asObjects(content)) {
    switch (part.type) {
      case 'text':
      case 'refusal':
        texts.push(asString(part.text) ?? asString(part.refusal) ?? '');
        break;
      case 'image_url':
        notes.images = true;
        break;
      case 'input_audio':
        notes.audio = true;
        break;
      case 'file':
      case 'document_url':
        notes.documents = true;
        break;
    }
  }
  return texts;
}

/** In the order in which the words for it count. */
function thinks(fields: JsonObject): boolean {
  const said = optionThinks(fields.reasoning);
  if (said !== null) return said;
  const effort = asString(fields.reasoning_effort);
  if (effort !== undefined) return effort !== 'none';
  const asked = thinkingThinks(fields.thinking);
  if (asked !== null) return asked;
  if (typeof fields.enable_thinking === 'boolean') return fields.enable_thinking;
  const budget =
    asNumber(fields.thinking_budget) ?? asNumber(asObject(fields.thinking)?.budget_tokens);
  return budget !== undefined && budget !== 0;
}
