// Tools, tool choice and answer format of a call in this wire's words.
import type { OutputFormat, Tool, ToolChoice } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asObject, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import { asFunction, lostOfFormat } from '../custom-tools.ts';
import type { EncodingNotes } from './encoding-notes.ts';

export interface EncodedTools {
  /** In the caller's order: prompt caches begin with them. */
  readonly tools: readonly JsonRecord[];
  readonly choice: JsonRecord | string | null;
}

export function encodeTools(
  tools: readonly Tool[],
  choice: ToolChoice | null,
  target: Target,
  notes: EncodingNotes,
): EncodedTools {
  const encoded: JsonRecord[] = [];
  const names = new Map<string, 'function' | 'custom'>();
  tools.forEach((tool, at) => {
    if (tool.type === 'opaque') {
      if (tool.dialect !== 'openai-chat') {
        notes.lose(
          `tools[${at}]`,
          `${tool.name} is a tool of ${tool.dialect} that ${target.provider} does not have`,
        );
        return;
      }
      encoded.push(tool.value as JsonRecord);
      names.set(tool.name, 'custom');
      return;
    }
    if (tool.type === 'custom' && target.quirks.customTools === true) {
      encoded.push(notes.withMark(customTool(tool), tool.cache));
      names.set(tool.name, 'custom');
      return;
    }
    const lost = lostOfFormat(tool);
    if (lost !== null) notes.lose(`tools[${at}].format`, lost);
    const known = tool.type === 'custom' ? asFunction(tool) : tool;
    loseForeign(known, `tools[${at}]`, notes);
    encoded.push(notes.withMark(functionTool(known), tool.cache));
    names.set(tool.name, 'function');
  });
  return { tools: encoded, choice: encodeChoice(choice, encoded.length, names, notes) };
}

/** Fields of the tool that only another dialect knows. */
function loseForeign({ extra }: Tool & { type: 'function' }, path: string, notes: EncodingNotes) {
  if (extra === undefined || extra.dialect === 'openai-chat') return;
  for (const [field, value] of Object.entries(extra.value)) {
    if (!asksNothing(value))
      notes.lose(`${path}.${field}`, `a field of ${extra.dialect} that has no counterpart here`);
  }
}

/** This wire wraps the grammar once more than the hub does. */
function customTool({ name, description, format }: Tool & { type: 'custom' }): JsonRecord {
  const { type, ...grammar } = (format ?? {}) as JsonRecord;
  return {
    type: 'custom',
    custom: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(type === undefined
        ? {}
        : { format: type === 'grammar' ? { type, grammar } : { type, ...grammar } }),
    },
  };
}

function functionTool(tool: Tool & { type: 'function' }): JsonRecord {
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
    ...(outside as JsonRecord),
  };
}

function encodeChoice(
  choice: ToolChoice | null,
  count: number,
  names: ReadonlyMap<string, 'function' | 'custom'>,
  notes: EncodingNotes,
): JsonRecord | string | null {
  if (choice === null) return null;
  switch (choice.type) {
    case 'auto':
    case 'none':
      return count === 0 ? null : choice.type;
    case 'required':
      if (count > 0) return 'required';
      notes.lose('tool_choice', 'none of the tools it could choose from can be carried');
      return null;
    case 'tool': {
      const type = names.get(choice.name);
      if (type !== undefined) return { type, [type]: { name: choice.name } };
      notes.lose('tool_choice', `the tool ${choice.name} cannot be carried`);
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
