// What routing may ask of a request of this wire, in one pass over its messages.
import type { Survey } from '../../core/survey.ts';
import {
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
import { decodeOutput, withExtraBody } from './decode-call.ts';

export function survey(request: JsonObject): Survey {
  const body = withExtraBody(request);
  const notes = new SurveyNotes();
  const system = textsOf(body.system, notes);
  if (system.length > 0) notes.turn('system', system);
  for (const message of asObjects(body.messages)) addTurns(message, notes);
  return notes.survey({
    tools: offersTools(body, asObject(body.tool_choice)?.type === 'none'),
    structured: isStructured(decodeOutput(body)),
    reasoning: optionThinks(body.reasoning) ?? thinkingThinks(body.thinking) ?? false,
    maxOutput: asNumber(body.max_tokens) ?? null,
  });
}

/** Results of tools stand in the user's messages on this wire; they are nobody's words. */
function addTurns({ role, content }: JsonObject, notes: SurveyNotes): void {
  if (role === 'assistant' || role === 'system') {
    notes.turn(role, textsOf(content, notes));
    return;
  }
  const blocks = asObjects(content);
  const results = blocks.filter(({ type }) => type === 'tool_result');
  for (const result of results) notes.turn('tool', textsOf(result.content, notes));
  if (results.length === 0 || results.length < blocks.length)
    notes.turn('user', textsOf(content, notes));
}

function textsOf(content: Json | undefined, notes: SurveyNotes): readonly string[] {
  if (typeof content === 'string') return content === '' ? [] : [content];
  const texts: string[] = [];
  for (const block of asObjects(content)) {
    if (block.type === 'text') texts.push(asString(block.text) ?? '');
    else if (block.type === 'image') notes.images = true;
    else if (block.type === 'document') notes.documents = true;
  }
  return texts;
}
