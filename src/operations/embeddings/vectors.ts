// Vectors in the form the caller asked for: lists of numbers, or base64 of 32-bit floats, little-endian, as OpenAI has them.

import type { OperationCall, OperationReply } from '../../core/operation.ts';
import type { Usage } from '../../core/usage.ts';
import { asArray, asObject, type Json, type JsonObject } from '../../lib/json.ts';
import { notWhatWasAsked } from '../checks.ts';

/** A reply in the endpoint's own form, out of what another wire answered. */
export function vectorReply(
  call: OperationCall,
  model: string,
  vectors: readonly Json[],
  usage: Usage,
): OperationReply {
  if (vectors.length === 0 || vectors.some((vector) => asArray(vector).length === 0))
    throw notWhatWasAsked('vectors');
  const base64 = wantsBase64(call);
  const tokens = usage.input;
  const body: JsonObject = {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? toBase64(asArray(vector)) : vector,
    })),
    model,
    ...(tokens === null ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
  };
  return { text: JSON.stringify(body), body, usage };
}

/** The same reply, its vectors in the form asked for: some vendors know or send only the other one. */
export function inFormAskedFor(call: OperationCall, reply: OperationReply): OperationReply {
  const base64 = wantsBase64(call);
  const data = asArray(reply.body.data);
  const differs = (item: Json) => {
    const embedding = asObject(item)?.embedding;
    return base64 ? isNumbers(embedding) : typeof embedding === 'string';
  };
  if (!data.some(differs)) return reply;
  const changed = data.map((item): Json => {
    const entry = asObject(item);
    if (entry === undefined || !differs(item)) return item;
    const { embedding } = entry;
    return {
      ...entry,
      embedding:
        typeof embedding === 'string' ? toNumbers(embedding) : toBase64(asArray(embedding)),
    };
  });
  const body = { ...reply.body, data: changed };
  return { ...reply, body, text: JSON.stringify(body) };
}

function wantsBase64({ fields }: OperationCall): boolean {
  return fields.encoding_format === 'base64';
}

/** Other lists, such as vectors of bits, have no base64 form of floats. */
function isNumbers(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length > 0 && typeof value[0] === 'number';
}

function toBase64(numbers: readonly Json[]): string {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(Number(number), index * 4);
  return bytes.toString('base64');
}

function toNumbers(base64: string): Json[] {
  const bytes = Buffer.from(base64, 'base64');
  const numbers: Json[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) numbers.push(bytes.readFloatLE(at));
  return numbers;
}
