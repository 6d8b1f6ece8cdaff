// Tools and tool_choice of this wire → the hub's.
import type { Tool, ToolChoice } from '../../core/call.ts';
import {
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { DIALECT, hostedToolName, isCallersTool } from './hosted-tools.ts';

const FUNCTION: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'parameters',
  'strict',
]);

export interface DecodedTools {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice | null;
}

export function decodeTools(body: JsonObject): DecodedTools {
  const tools = asObjects(body.tools).map(decodeTool);
  const choice = body.tool_choice;
  const allowed = asObject(choice);
  if (allowed?.type !== 'allowed_tools') return { tools, choice: decodeChoice(choice) };
  // A list of allowed tools leaves the others out of reach, which is what leaving them out does.
  const names = new Set(asObjects(allowed.tools).map(hostedToolName));
  return {
    tools: tools.filter(({ name }) => names.has(name)),
    choice: decodeChoice(allowed.mode),
  };
}

function decodeTool(tool: JsonObject): Tool {
  if (!isCallersTool(tool))
    return { type: 'opaque', dialect: DIALECT, name: hostedToolName(tool), value: tool };
  const name = asString(tool.name) ?? '';
  const description = asString(tool.description);
  const described = description === undefined ? {} : { description };
  if (tool.type === 'custom') {
    const format = asObject(tool.format);
    return { type: 'custom', name, ...described, ...(format === undefined ? {} : { format }) };
  }
  const parameters = asObject(tool.parameters);
  const extra = Object.fromEntries(
    Object.entries(tool).filter(([field, value]) => !FUNCTION.has(field) && value !== null),
  );
  return {
    type: 'function',
    name,
    ...described,
    ...(parameters === undefined ? {} : { parameters }),
    // Left out, this wire's maker holds the schema to its strict form where it can; others are not told what nobody said.
    ...(typeof tool.strict === 'boolean' ? { strict: tool.strict } : {}),
    ...(Object.keys(extra).length === 0 ? {} : { extra: { dialect: DIALECT, value: extra } }),
  };
}

function decodeChoice(choice: Json | undefined): ToolChoice | null {
  switch (choice) {
    case 'auto':
    case 'none':
    case 'required':
      return { type: choice };
    default:
      return isObject(choice) ? { type: 'tool', name: hostedToolName(choice) } : null;
  }
}
