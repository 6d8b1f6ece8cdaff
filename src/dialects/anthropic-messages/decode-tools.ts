// Tools and tool_choice of this wire → the hub's.
import type { Tool, ToolChoice } from '../../core/call.ts';
import { invalid } from '../../core/errors.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { cacheOf } from './decode-content.ts';
import { fromWireName } from './wire-names.ts';

const DIALECT = 'anthropic-messages';
const KNOWN: readonly string[] = [
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
];

/** Tools with a schema of the caller's are functions; the maker's own (`web_search_…`, `bash_…`) stay opaque. */
export function decodeTools(body: JsonObject): Tool[] {
  return asArray(body.tools).map((tool, index) => {
    const path = `tools[${index}]`;
    if (!isObject(tool)) throw invalid(path, 'must be an object');
    const type = tool.type ?? 'custom';
    if (type === 'custom') return decodeFunction(tool, path);
    const name = asString(tool.name) ?? asString(tool.mcp_server_name) ?? String(type);
    return { type: 'opaque', dialect: DIALECT, name, value: tool };
  });
}

function decodeFunction(tool: JsonObject, path: string): Tool {
  const name = asString(tool.name);
  if (name === undefined) throw invalid(`${path}.name`, 'must be a string');
  const description = asString(tool.description);
  const parameters = asObject(tool.input_schema);
  const extra: { [field: string]: JsonObject[string] } = {};
  for (const field in tool) {
    if (!KNOWN.includes(field) && tool[field] !== null) extra[field] = tool[field];
  }
  return {
    type: 'function',
    name: fromWireName(name),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(typeof tool.strict === 'boolean' ? { strict: tool.strict } : {}),
    ...cacheOf(tool),
    ...(Object.keys(extra).length === 0 ? {} : { extra: { dialect: DIALECT, value: extra } }),
  };
}

export function decodeToolChoice(body: JsonObject): {
  readonly choice: ToolChoice | null;
  readonly parallel?: false;
} {
  const wire = asObject(body.tool_choice);
  if (wire === undefined) return { choice: null };
  const parallel = wire.disable_parallel_tool_use === true ? { parallel: false as const } : {};
  switch (wire.type) {
    case 'auto':
      return { choice: { type: 'auto' }, ...parallel };
    case 'any':
      return { choice: { type: 'required' }, ...parallel };
    case 'none':
      return { choice: { type: 'none' }, ...parallel };
    case 'tool': {
      const name = asString(wire.name);
      if (name === undefined) throw invalid('tool_choice.name', 'must be a string');
      return { choice: { type: 'tool', name: fromWireName(name) }, ...parallel };
    }
    default:
      throw invalid('tool_choice.type', 'must be "auto", "any", "tool" or "none"');
  }
}
