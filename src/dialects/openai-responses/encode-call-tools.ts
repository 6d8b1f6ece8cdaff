// Tools and tool choice of a call in this wire's words: flat, custom tools natively, `strict` always said.
import type { ChatCall, Tool } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asObject, asString, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import type { CallNotes } from './call-notes.ts';
import { DIALECT } from './hosted-tools.ts';
import { searchTool, searchToolFor } from './search-tool.ts';

export interface EncodedTools {
  /** In the caller's order: prompt caches begin with them. */
  readonly tools: readonly JsonRecord[];
  readonly choice: JsonRecord | string | null;
}

export function encodeTools(call: ChatCall, target: Target, notes: CallNotes): EncodedTools {
  const encoded: JsonRecord[] = [];
  const byName = new Map<string, JsonRecord>();
  call.tools.forEach((tool, at) => {
    const written = toolOf(tool, `tools[${at}]`, target, notes);
    if (written === null) return;
    encoded.push(written);
    byName.set(tool.name, written);
    if (tool.type !== 'opaque') notes.dropMarks([tool]);
  });
  const search = searchTool(call, target, notes);
  if (search !== null) encoded.push(search);
  return { tools: encoded, choice: encodeChoice(call, encoded.length, byName, notes) };
}

function toolOf(tool: Tool, path: string, target: Target, notes: CallNotes): JsonRecord | null {
  switch (tool.type) {
    case 'function':
      return functionTool(tool, path, notes);
    case 'custom':
      return customTool(tool.name, tool.description, tool.format);
    case 'opaque': {
      if (tool.dialect === DIALECT) return tool.value as JsonRecord;
      const custom = tool.dialect === 'openai-chat' ? asObject(tool.value.custom) : undefined;
      if (custom !== undefined)
        return customTool(tool.name, asString(custom.description), asObject(custom.format));
      const search = searchToolFor(tool, path, target, notes);
      if (search !== null) return search;
      notes.lose(
        path,
        `${tool.name} is a tool of ${tool.dialect} that ${target.provider} does not have`,
      );
      return null;
    }
  }
}

function functionTool(
  tool: Tool & { type: 'function' },
  path: string,
  notes: CallNotes,
): JsonRecord {
  const { extra } = tool;
  const own: JsonObject = extra?.dialect === DIALECT ? extra.value : {};
  if (extra !== undefined && extra.dialect !== DIALECT)
    for (const [field, value] of Object.entries(extra.value))
      if (!asksNothing(value))
        notes.lose(`${path}.${field}`, `a field of ${extra.dialect} that has no counterpart here`);
  return {
    type: 'function',
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    parameters: (tool.parameters ?? { type: 'object', properties: {} }) as JsonRecord,
    // Left out it means true on this wire and false on the others, where a schema need not be of the strict kind.
    strict: tool.strict ?? false,
    ...(own as JsonRecord),
  };
}

/** The chat wire keeps a grammar in a member of its own; here it is flat. */
function customTool(
  name: string,
  description: string | undefined,
  format: JsonObject | undefined,
): JsonRecord {
  const { grammar, ...rest } = format ?? {};
  const flat = { ...rest, ...asObject(grammar) };
  return {
    type: 'custom',
    name,
    ...(description === undefined ? {} : { description }),
    ...(format === undefined ? {} : { format: flat as JsonRecord }),
  };
}

function encodeChoice(
  { toolChoice: choice }: ChatCall,
  count: number,
  byName: ReadonlyMap<string, JsonRecord>,
  notes: CallNotes,
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
      const tool = byName.get(choice.name);
      if (tool !== undefined) return choiceOf(tool);
      notes.lose('tool_choice', `the tool ${choice.name} cannot be carried`);
      return null;
    }
  }
}

/** Hosted tools are chosen by their type, those of a server by its label too. */
function choiceOf(tool: JsonRecord): JsonRecord {
  const type = tool.type ?? 'function';
  if (type === 'function' || type === 'custom') return { type, name: tool.name ?? '' };
  return { type, ...(tool.server_label === undefined ? {} : { server_label: tool.server_label }) };
}
