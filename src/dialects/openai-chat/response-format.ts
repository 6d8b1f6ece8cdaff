// response_format for targets that do not take every kind of it.
import type { Target } from '../../core/dialect.ts';
import { asObject, type Json } from '../../lib/json.ts';
import type { FieldEdits } from './field-edits.ts';

/** Fits the format to the target; what has to be said to the model instead is returned, null where nothing has. */
export function fitResponseFormat(edits: FieldEdits, target: Target): string | null {
  const formats = target.quirks.responseFormats;
  const format = asObject(edits.get('response_format'));
  if (formats === undefined || !format) return null;
  if (format.type === 'json_schema' && !formats.includes('json_schema')) {
    const schema = asObject(format.json_schema)?.schema;
    if (target.quirks.schemaInJsonObject === true && schema !== undefined) {
      edits.put('response_format', { type: 'json_object', schema });
      return null;
    }
    return instead(edits, target, formats.includes('json_object'), schema);
  }
  if (format.type === 'json_object' && !formats.includes('json_object')) {
    if (!formats.includes('json_schema')) return instead(edits, target, false, undefined);
    // Any object at all, said as a schema.
    edits.put('response_format', {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: { type: 'object' } },
    });
  }
  return null;
}

function instead(
  edits: FieldEdits,
  target: Target,
  jsonObject: boolean,
  schema: Json | undefined,
): string {
  const asked = schema === undefined ? 'json_object' : 'json_schema';
  if (jsonObject) edits.put('response_format', { type: 'json_object' });
  else edits.drop('response_format');
  edits.lose(
    `response_format: ${asked} is not enforced by ${target.provider}, the model is only told so`,
  );
  const matching =
    schema === undefined ? '' : ` that matches this JSON Schema: ${JSON.stringify(schema)}`;
  return `Answer with one JSON object and nothing else${matching === '' ? '.' : `, one${matching}`}`;
}
