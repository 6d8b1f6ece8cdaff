// The shape an answer must have → response_format, or an instruction where the wire does not take one.
import type { OutputFormat } from '../../core/call.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { isEnforceable, loseUnenforced } from './answer-schema.ts';
import type { Lose } from './encode-content.ts';

export interface EncodedOutput {
  readonly fields: JsonRecord;
  /** What is said to the model instead; null: nothing. */
  readonly instruction: string | null;
}

/** @param taken whether tools or documents are there: "not supported when used in combinations with" them. */
export function encodeOutput(output: OutputFormat, taken: boolean, lose: Lose): EncodedOutput {
  if (output.type === 'text') return { fields: {}, instruction: null };
  if (output.type === 'json-schema' && output.description !== undefined)
    lose('response_format.json_schema.description: dropped; the wire has only the schema');
  const enforced = output.type === 'json' || isEnforceable(output.schema);
  if (!taken && enforced) {
    if (output.type === 'json-schema') loseUnenforced(output.schema, lose);
    const schema = output.type === 'json-schema' ? { json_schema: output.schema as Json } : {};
    return { fields: { response_format: { type: 'json_object', ...schema } }, instruction: null };
  }
  lose(
    taken
      ? 'response_format: not taken together with tools or documents, the model is only told so'
      : 'response_format: a schema must be of an object, and each object in it require something; the model is only told so',
  );
  const matching =
    output.type === 'json-schema'
      ? `, matching this JSON Schema: ${JSON.stringify(output.schema)}`
      : '';
  const ofObject = enforced || (output.type === 'json-schema' && output.schema.type === 'object');
  return {
    fields: taken || !ofObject ? {} : { response_format: { type: 'json_object' } },
    instruction: `${taken ? 'When you answer without calling a tool, answer' : 'Answer'} with ${ofObject ? 'one JSON object' : 'JSON'} and nothing else${matching}`,
  };
}
