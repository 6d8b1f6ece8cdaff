// Tools, tool_choice and response_format of this wire → the hub's words.
import type { OutputFormat, Tool, ToolChoice } from '../../core/call.ts';
import {
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { decodeCache } from './decode-parts.ts';

const KNOWN_TOOL_FIELDS: ReadonlySet<string> = new Set(['type', 'function', 'cache_control']);
const KNOWN_FUNCTION_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'description',
  'parameters',
  'strict',
  'cache_control',
]);

export interface DecodedTools {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice | null;
}

/** `tools` with `tool_choice`, or the legacy `functions` with `function_call`. */
export function decodeTools(body: JsonObject): DecodedTools {
  const tools = [
    ...asObjects(body.tools).map(decodeTool),
    ...asObjects(body.functions).map((entry) => decodeFunction(entry, {})),
  ];
  const wanted = body.tool_choice ?? body.function_call;
  const allowed = asObject(asObject(wanted)?.allowed_tools);
  if (!allowed) return { tools, choice: decodeChoice(wanted) };
  // A list of allowed tools leaves the others out of reach, which is what leaving them out does.
  const names = new Set(asObjects(allowed.tools).map(nameOf));
  return {
    tools: tools.filter((tool) => names.has(tool.name)),
    choice: decodeChoice(allowed.mode),
  };
}

function decodeTool(tool: JsonObject): Tool {
  const found = asObject(tool.function);
  if (found && (tool.type === 'function' || tool.type === undefined))
    return decodeFunction(found, tool);
  const custom = asObject(tool.custom);
  if (custom && tool.type === 'custom') return decodeCustom(custom, tool);
  return { type: 'opaque', dialect: 'openai-chat', name: nameOf(tool), value: tool };
}

/** This wire wraps the grammar once more than the hub does: `{type: "grammar", grammar: {syntax, definition}}`. */
function decodeCustom(custom: JsonObject, holder: JsonObject): Tool {
  const description = asString(custom.description);
  const format = asObject(custom.format);
  const { grammar, ...rest } = format ?? {};
  const cache = decodeCache(holder) ?? decodeCache(custom);
  return {
    type: 'custom',
    name: asString(custom.name) ?? '',
    ...(description === undefined ? {} : { description }),
    ...(format === undefined ? {} : { format: { ...rest, ...asObject(grammar) } }),
    ...(cache === null ? {} : { cache }),
  };
}

/** @param holder the tool around the function, where there is one. */
function decodeFunction(found: JsonObject, holder: JsonObject): Tool {
  const description = asString(found.description);
  const parameters = asObject(found.parameters);
  const cache = decodeCache(holder) ?? decodeCache(found);
  const extra = {
    ...unknown(holder, KNOWN_TOOL_FIELDS),
    ...inFunction(unknown(found, KNOWN_FUNCTION_FIELDS)),
  };
  return {
    type: 'function',
    name: asString(found.name) ?? '',
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(typeof found.strict === 'boolean' ? { strict: found.strict } : {}),
    ...(cache === null ? {} : { cache }),
    ...(Object.keys(extra).length === 0
      ? {}
      : { extra: { dialect: 'openai-chat' as const, value: extra } }),
  };
}

function unknown(object: JsonObject, known: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !known.has(name)));
}

function inFunction(fields: JsonObject): JsonObject {
  return Object.keys(fields).length === 0 ? {} : { function: fields as Json };
}

/** The name a tool goes by: its function's or custom tool's, else its type. */
export function nameOf(tool: JsonObject): string {
  return (
    asString(asObject(tool.function)?.name) ??
    asString(asObject(tool.custom)?.name) ??
    asString(tool.name) ??
    asString(tool.type) ??
    ''
  );
}

function decodeChoice(choice: Json | undefined): ToolChoice | null {
  switch (choice) {
    case 'auto':
    case 'none':
    case 'required':
      return { type: choice };
    case 'any':
      return { type: 'required' };
    default:
      return isObject(choice) ? { type: 'tool', name: nameOf(choice) } : null;
  }
}

/** Null where the format is one only this dialect knows. */
export function decodeOutput(format: Json | undefined): OutputFormat | null {
  const wanted = asObject(format);
  if (!wanted || wanted.type === 'text') return { type: 'text' };
  const inner = asObject(wanted.json_schema);
  // Some makers take a schema beside json_object.
  const schema = asObject(inner?.schema) ?? asObject(wanted.schema);
  if (wanted.type === 'json_object' && !schema) return { type: 'json' };
  if (wanted.type !== 'json_object' && wanted.type !== 'json_schema') return null;
  const description = asString(inner?.description);
  return {
    type: 'json-schema',
    name: asString(inner?.name) ?? 'answer',
    schema: schema ?? {},
    ...(typeof inner?.strict === 'boolean' ? { strict: inner.strict } : {}),
    ...(description === undefined ? {} : { description }),
  };
}
