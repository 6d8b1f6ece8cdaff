// What the simulated provider answers at OpenAI's endpoints beside chat: made of the request alone, the same each time.
import { asObject, asString, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { partText, readForm } from '../../src/lib/multipart.ts';
import { Refused } from '../ask.ts';
import type { HttpRequest } from '../http/read-requests.ts';
import { completion } from './completion.ts';
import { embed } from './embed.ts';
import { image } from './image.ts';
import { moderate } from './moderate.ts';
import type { OperationAnswer, OperationAsk } from './operation.ts';
import { rank } from './rank.ts';
import { speak } from './speak.ts';
import { transcribe } from './transcribe.ts';

type Answerer = (ask: OperationAsk) => OperationAnswer | Refused;

/** By how the path ends. */
const ANSWERERS: ReadonlyMap<string, Answerer> = new Map<string, Answerer>([
  ['/embeddings', embed],
  ['/completions', completion],
  ['/moderations', moderate],
  ['/images/generations', image],
  ['/images/edits', image],
  ['/audio/speech', speak],
  ['/audio/transcriptions', transcribe],
  ['/audio/translations', transcribe],
  ['/rerank', rank],
]);

export function isOperation(path: string): boolean {
  return answererOf(path) !== undefined;
}

export function answerOperation(path: string, ask: OperationAsk): OperationAnswer | Refused {
  if (ask.model === '') return new Refused('you must provide a model parameter', 'model');
  return answererOf(path)?.(ask) ?? new Refused('no such operation');
}

function answererOf(path: string): Answerer | undefined {
  if (path.endsWith('/chat/completions')) return undefined;
  for (const [end, answerer] of ANSWERERS) if (path.endsWith(end)) return answerer;
  return undefined;
}

/** The fields of a request: a JSON object's or a form's. Undefined where it is neither. */
export function fieldsOf({ headers, body, bytes }: HttpRequest): JsonObject | undefined {
  const type = headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return asObject(parseJson(body));
  try {
    const form = readForm(bytes ?? Buffer.from(body), type);
    const fields: { [name: string]: JsonObject[string] } = {};
    for (const part of form.parts) {
      fields[part.name] =
        part.filename === null
          ? partText(form, part)
          : { filename: part.filename, bytes: part.contentEnd - part.contentStart };
    }
    return fields;
  } catch {
    return undefined;
  }
}

/** The model named in a request, whatever form it has. */
export function modelNamed(fields: JsonObject | undefined): string {
  return asString(fields?.model) ?? '';
}
