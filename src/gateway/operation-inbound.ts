// What came in at an endpoint beside chat: JSON or a form, checked, with our options read.
import { GatewayError, invalid } from '../core/errors.ts';
import type { Operation, OperationCall } from '../core/operation.ts';
import { type GatewayOptions, MAX_NAME, OUR_FIELDS, readOptions } from '../core/options.ts';
import { headerText } from '../lib/header-text.ts';
import { asObject, asString, type Json, type JsonObject, parseJson } from '../lib/json.ts';
import { type Form, partText, readForm } from '../lib/multipart.ts';
import { fieldOf } from '../operations/forward-request.ts';
import { parseBody, withHeaders } from './inbound.ts';

export interface OperationInbound {
  readonly operation: Operation;
  readonly call: OperationCall;
  readonly model: string;
  readonly user: string | null;
  readonly options: GatewayOptions;
}

export type Received =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'form'; readonly bytes: Uint8Array; readonly contentType: string };

/**
 * Reads a request. Throws `invalid_json` or `invalid_request`, naming the field.
 * @param usualModel what is asked where no model is named; null: one has to be.
 * @param seen told of the body before it is checked
 */
export function readOperation(
  operation: Operation,
  received: Received,
  headers: Headers,
  usualModel: string | null,
  seen?: (body: JsonObject) => void,
): OperationInbound {
  const source =
    received.kind === 'json' ? received : { kind: 'form' as const, form: formOf(received) };
  const body = source.kind === 'json' ? parseBody(source.text) : formFields(source.form);
  seen?.(body);
  const fields = withExtra(body);
  const model = asString(fields.model ?? usualModel);
  if (model === undefined || model === '')
    throw invalid('model', 'must be a non-empty string: the name of a model, or "provider/model"');
  if (model.length > MAX_NAME)
    throw invalid(
      'model',
      `is ${model.length} characters long: a name has at most ${MAX_NAME} characters`,
    );
  operation.check(fields);
  const stream = isTrue(fields.stream) || fields.stream_format === 'sse';
  return {
    operation,
    call: { operation: operation.id, body, fields, source, stream },
    model,
    user: headerText(headers, 'x-switchyard-user') || asString(fields.user) || null,
    options: withHeaders(readOptions(body), headers),
  };
}

function withExtra(body: JsonObject): JsonObject {
  const extra = asObject(body.extra_body);
  return extra === undefined ? body : { ...body, ...extra };
}

/** Forms carry truth values as texts. */
function isTrue(value: Json | undefined): boolean {
  return value === true || value === 'true';
}

function formOf({ bytes, contentType }: Extract<Received, { kind: 'form' }>): Form {
  try {
    return readForm(bytes, contentType);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it is damaged';
    throw new GatewayError(
      'invalid_request',
      `The form (multipart/form-data) cannot be read: ${why}.`,
      {
        cause,
      },
    );
  }
}

/**
 * A form's fields as a body: texts as they are, a file as an object that names it. Ours, which have values of other
 * types, are read as JSON; lists come as `models[]`, objects as `fallback[ttft_timeout]` or as JSON text.
 */
function formFields(form: Form): JsonObject {
  const fields: { [name: string]: Json } = {};
  for (const part of form.parts) {
    const name = fieldOf(part);
    const member = part.name.slice(name.length).replace(/[[\]]/g, '');
    const isList = part.name.endsWith('[]');
    if (part.filename !== null) {
      fields[name] = { filename: part.filename };
      continue;
    }
    const text = partText(form, part);
    const value = OUR_FIELDS.has(name) ? ownValue(text) : text;
    const known = fields[name];
    if (isList) fields[name] = [...(Array.isArray(known) ? (known as readonly Json[]) : []), value];
    else if (member !== '')
      fields[name] = { ...((asObject(known) ?? {}) as { [name: string]: Json }), [member]: value };
    else fields[name] = value;
  }
  return fields;
}

function ownValue(text: string): Json {
  const first = text.trimStart()[0];
  const isJson = first === '{' || first === '[' || text === 'true' || text === 'false';
  return isJson ? (parseJson(text) ?? text) : text;
}
