// Tools, tool choice and answer format of a call in this wire's words.
import type { OutputFormat, Tool, ToolChoice } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asObject, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { cacheControl } from './encode-parts.ts';

export interface EncodedTools {
  /** In the caller's order: prompt caches begin with them. */
  readonly tools: readonly JsonRecord[];
  readonly choice: JsonRecord | string | null;
  readonly marksDropped: number;
}

export function encodeTools(
  tools: readonly Tool[],
  choice: ToolChoice | null,
  target: Target,
  losses: string[],
): EncodedTools {
  const encoded: JsonRecord[] = [];
  const names = new Map<string, 'function' | 'custom'>();
  let marksDropped = 0;
  tools.forEach((tool, at) => {
    if (tool.type === 'opaque') {
      if (tool.dialect !== 'openai-chat') {
        losses.push(
          `tools[${at}]: ${tool.name} is a tool of ${tool.dialect} that ${target.provider} does not have`,
        );
        return;
      }
      encoded.push(tool.value as JsonRecord);
      names.set(tool.name, 'custom');
      return;
    }
    const takesMarks = target.quirks.cacheControl === true;
    if (tool.cache && !takesMarks) marksDropped += 1;
    encoded.push(functionTool(tool, takesMarks));
    names.set(tool.name, 'function');
  });
  return {
    tools: encoded,
    choice: encodeChoice(choice, encoded.length, names, losses),
    marksDropped,
  };
}

function functionTool(tool: Tool & { type: 'function' }, takesMarks: boolean): JsonRecord {
  const own: JsonObject = tool.extra?.dialect === 'openai-chat' ? tool.extra.value : {};
  const { function: inFunction, ...outside } = own;
  return {
    type: 'function',
    function: {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      // Without parameters some servers refuse the tool; an empty object means the same.
      parameters: (tool.parameters ?? { type: 'object', properties: {} }) as JsonRecord,
      ...(tool.strict === undefined ? {} : { strict: tool.strict }),
      ...(asObject(inFunction) as JsonRecord | undefined),
    },
    ...(tool.cache && takesMarks ? { cache_control: cacheControl(tool.cache) } : {}),
    ...(outside as JsonRecord),
  };
}

function encodeChoice(
  choice: ToolChoice | null,
  count: number,
  names: ReadonlyMap<string, 'function' | 'custom'>,
  losses: string[],
): JsonRecord | string | null {
  if (choice === null) return null;
  switch (choice.type) {
    case 'auto':
    case 'none':
      return count === 0 ? null : choice.type;
    case 'required':
      if (count > 0) return 'required';
      losses.push('tool_choice: none of the tools it could choose from can be carried');
      return null;
    case 'tool': {
      const type = names.get(choice.name);
      if (type !== undefined) return { type, [type]: { name: choice.name } };
      losses.push(`tool_choice: the tool ${choice.name} cannot be carried`);
      return null;
    }
  }
}

/** Null where nothing need be said. */
export function encodeOutput(output: OutputFormat): JsonRecord | null {
  switch (output.type) {
    case 'text':
      return null;
    case 'json':
      return { type: 'json_object' };
    case 'json-schema':
      return {
        type: 'json_schema',
        json_schema: {
          name: output.name,
          ...(output.description === undefined ? {} : { description: output.description }),
          schema: output.schema as JsonRecord,
          ...(output.strict === undefined ? {} : { strict: output.strict }),
        },
      };
  }
}
