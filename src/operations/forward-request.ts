// A caller's own request for a provider of the same form: our fields cut, the model replaced, declared differences applied.
import type { EncodedOperation, OperationCall, OperationTarget } from '../core/operation.ts';
import { OUR_FIELDS } from '../core/options.ts';
import { asObject, type Json, type JsonObject } from '../lib/json.ts';
import { spliceObject } from '../lib/json-splice.ts';
import { type Form, type FormPart, spliceForm } from '../lib/multipart.ts';

export interface Forwarding {
  /** Follows the base URL, unless the provider declares another. */
  readonly path: string;
  /** Refused fields whose work the gateway does itself: no loss where they are cut. */
  readonly doneHere?: ReadonlySet<string>;
  /** Fields put in or replaced. */
  readonly set?: JsonObject;
}

const NONE: ReadonlySet<string> = new Set();

/** One request; every byte that is not ours to change stays. */
export function forwardRequest(
  call: OperationCall,
  target: OperationTarget,
  { path, doneHere = NONE, set = {} }: Forwarding,
): EncodedOperation {
  const { served, model } = target;
  const losses = (served.refusedFields ?? [])
    .filter((field) => call.fields[field] != null && !doneHere.has(field))
    .map((field) => `${field}: ${target.provider} has no such field here`);
  const request = {
    path: servedPath(target, path),
    body:
      call.source.kind === 'json'
        ? forwardJson(call, call.source.text, target, { ...set, model })
        : {
            bytes: forwardForm(call.source.form, target, { ...set, model }),
            contentType: call.source.form.contentType,
          },
  };
  return { requests: [request], losses };
}

/** The provider's own path where it declares one. */
export function servedPath({ served, model }: OperationTarget, path: string): string {
  return (served.path ?? path).replaceAll('{model}', encodeURIComponent(model));
}

function forwardJson(
  { body }: OperationCall,
  text: string,
  { served }: OperationTarget,
  set: JsonObject,
): string {
  const remove = new Set<string>(['extra_body']);
  const put = new Map<string, string>();
  const refused = new Set(served.refusedFields ?? []);
  const extra = asObject(body.extra_body) ?? {};
  const fields: JsonObject = { ...body, ...extra };
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || name === 'extra_body') continue;
    const renamed = served.renamedFields?.[name];
    if (OUR_FIELDS.has(name) || refused.has(name) || renamed !== undefined) remove.add(name);
    if (OUR_FIELDS.has(name) || refused.has(name)) continue;
    if (renamed !== undefined) put.set(renamed, JSON.stringify(value));
    else if (Object.hasOwn(extra, name)) put.set(name, JSON.stringify(value));
  }
  for (const [name, value] of Object.entries(set))
    if (value !== undefined) put.set(served.renamedFields?.[name] ?? name, JSON.stringify(value));
  return spliceObject(text, { remove, set: put });
}

function forwardForm(form: Form, { served }: OperationTarget, set: JsonObject): Uint8Array {
  const refused = new Set(served.refusedFields ?? []);
  return spliceForm(form, (part) => {
    const name = fieldOf(part);
    if (OUR_FIELDS.has(name) || refused.has(name)) return 'drop';
    const value: Json | undefined = set[name];
    if (value === undefined || part.name !== name) return 'keep';
    return { text: typeof value === 'string' ? value : JSON.stringify(value) };
  });
}

/** `models[]` and `fallback[ttft_timeout]` are how clients write lists and objects in a form. */
export function fieldOf({ name }: FormPart): string {
  const bracket = name.indexOf('[');
  return bracket === -1 ? name : name.slice(0, bracket);
}
