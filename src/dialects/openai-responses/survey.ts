// What routing may ask of a request of this wire, in one pass over its input.
import type { Survey } from '../../core/survey.ts';
import {
  asNumber,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { isStructured, offersTools, optionThinks, SurveyNotes } from '../survey-notes.ts';
import { flat, outputOf } from './decode-call.ts';
import { opaqueItemRole } from './hosted-tools.ts';
import { itemType } from './items.ts';

export function survey(request: JsonObject): Survey {
  const body = flat(request);
  const notes = new SurveyNotes();
  const instructions = asString(body.instructions);
  if (instructions) notes.turn('system', [instructions]);
  if (typeof body.input === 'string') notes.turn('user', body.input === '' ? [] : [body.input]);
  else addItems(asObjects(body.input), notes);
  return notes.survey({
    tools: offersTools(body, body.tool_choice === 'none'),
    structured: isStructured(outputOf(body)),
    reasoning: optionThinks(body.reasoning) ?? false,
    maxOutput: asNumber(body.max_output_tokens) ?? null,
  });
}

/** Everything the model said until somebody answers, thoughts, texts and calls, is one turn. */
function addItems(items: readonly JsonObject[], notes: SurveyNotes): void {
  let said: string[] | null = null;
  const end = () => {
    if (said !== null) notes.turn('assistant', said);
    said = null;
  };
  for (const item of items) {
    const type = itemType(item);
    const isMessage = type === 'message';
    if (isMessage ? item.role === 'assistant' : opaqueItemRole(type) === 'assistant') {
      said ??= [];
      if (isMessage) said.push(...textsOf(item.content, notes));
      continue;
    }
    end();
    if (!isMessage) notes.turn('tool', outputTexts(item.output, notes));
    else notes.turn(item.role === 'user' ? 'user' : 'system', textsOf(item.content, notes));
  }
  end();
}

/** What a tool gave: text, parts, what a shell wrote, a picture of a screen, or whatever object a client sends. */
function outputTexts(output: Json | undefined, notes: SurveyNotes): readonly string[] {
  if (!isObject(output)) return textsOf(output, notes);
  if (output.type !== 'computer_screenshot') return [JSON.stringify(output)];
  notes.images = true;
  return [];
}

function textsOf(content: Json | undefined, notes: SurveyNotes): readonly string[] {
  if (typeof content === 'string') return content === '' ? [] : [content];
  const texts: string[] = [];
  for (const part of asObjects(content)) {
    switch (part.type) {
      case 'input_text':
      case 'output_text':
      case 'text':
      case 'refusal':
        texts.push(asString(part.text) ?? asString(part.refusal) ?? '');
        break;
      case 'input_image':
        notes.images = true;
        break;
      case 'input_file':
        notes.documents = true;
        break;
      case 'input_audio':
        notes.audio = true;
        break;
      case undefined:
        for (const name of ['stdout', 'stderr']) {
          const text = asString(asObject(part)?.[name]);
          if (text) texts.push(text);
        }
        break;
    }
  }
  return texts;
}
