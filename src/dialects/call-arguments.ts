// The arguments of a tool call as an object, for wires that want one: in the hub and on other wires they travel as text.
import type { ToolUsePart } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import { parseExactJson } from '../lib/exact-json.ts';
import { isObject, type JsonRecord } from '../lib/json.ts';

/** None at all are no arguments; a free-text call is one of the function it is offered as. Throws `invalid_request` where they are no object. */
export function argumentsOf(part: ToolUsePart, path: string): JsonRecord {
  if (part.custom === true) return { input: part.arguments };
  if (part.arguments.trim() === '') return {};
  const input = parseExactJson(part.arguments);
  if (input === null) return {};
  if (isObject(input)) return input as JsonRecord;
  throw new GatewayError(
    'invalid_request',
    `${path}: the arguments of this call of ${JSON.stringify(part.name)} are not a JSON object`,
    { param: path },
  );
}
