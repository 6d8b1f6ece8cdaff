// A tool's result → a functionResponse part, with what its text cannot hold inside it or beside it.
// ai.google.dev/gemini-api/docs/function-calling#multimodal
import type { ToolResultPart } from '../../core/call.ts';
import { isExact } from '../../lib/exact-json.ts';
import { isObject, type Json, type JsonRecord, parseJson } from '../../lib/json.ts';
import { encodeDocument, encodeImage } from './encode-media.ts';

type Lose = (what: string) => void;

export interface EncodedResult {
  readonly response: JsonRecord;
  /** What has to stand after all the results of the turn. */
  readonly beside: readonly JsonRecord[];
}

/** @param inside whether the model takes media within a result */
export function encodeResult(
  part: ToolResultPart,
  name: string,
  inside: boolean,
  path: string,
  lose: Lose,
): EncodedResult {
  const texts: string[] = [];
  const media: JsonRecord[] = [];
  part.content.forEach((item, index) => {
    const here = `${path}.content[${index}]`;
    if (item.type === 'text') texts.push(item.text);
    else if (item.type === 'opaque') loseOpaque(item.value.type, item.dialect, here, lose);
    else {
      const image = item.type === 'image' ? encodeImage(item, here, lose) : null;
      if (image !== null) media.push(image);
      if (item.type === 'document')
        for (const piece of encodeDocument(item, here, lose)) {
          if (typeof piece.text === 'string') texts.push(piece.text);
          else media.push(piece);
        }
    }
  });
  const id = part.toolUseId === '' ? {} : { id: part.toolUseId };
  const response = responseOf(texts.join('\n\n'), part.isError === true);
  if (media.length === 0)
    return { response: { functionResponse: { ...id, name, response } }, beside: [] };
  if (inside)
    return { response: { functionResponse: { ...id, name, response, parts: media } }, beside: [] };
  return {
    response: { functionResponse: { ...id, name, response } },
    beside: [{ text: `From the result of ${name}:` }, ...media],
  };
}

function loseOpaque(type: Json | undefined, dialect: string, path: string, lose: Lose): void {
  lose(
    `${path}: ${typeof type === 'string' ? type : 'a part'} belongs to ${dialect} and cannot be carried`,
  );
}

/** An object is the response itself; anything else is its `output`, and what failed its `error`, as the API's reference has it. */
function responseOf(text: string, failed: boolean): JsonRecord {
  if (failed) return { error: text };
  const first = text.trimStart()[0];
  const value = first === '{' || first === '[' ? parseJson(text) : undefined;
  if (value === undefined || !isExact(value)) return { output: text };
  return isObject(value) ? (value as JsonRecord) : { output: value };
}
