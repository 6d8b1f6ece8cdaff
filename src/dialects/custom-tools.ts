// Free-text tools on wires that have only functions: a function with the one string argument `input`, said so to the model.
import type { Tool } from '../core/call.ts';
import { asObject, asString } from '../lib/json.ts';

type CustomTool = Extract<Tool, { type: 'custom' }>;
type FunctionTool = Extract<Tool, { type: 'function' }>;

/** The tool as a function; its answer is turned back by the names in `Disguise.customTools`. */
export function asFunction(tool: CustomTool): FunctionTool {
  const { name, description, cache } = tool;
  return {
    type: 'function',
    name,
    description: [description, grammarNote(tool)].filter(Boolean).join('\n\n'),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input, as plain text.' } },
      required: ['input'],
      additionalProperties: false,
    },
    ...(cache === undefined ? {} : { cache }),
  };
}

/** A call's free text as the arguments of such a function. */
export function asArguments(input: string): string {
  return JSON.stringify({ input });
}

/** Of a tool offered as a function: what it had that nobody holds the model to. Null: nothing. */
export function lostOfFormat(tool: Tool): string | null {
  return tool.type === 'custom' && grammarNote(tool) !== ''
    ? 'the model is told of the grammar, not held to it'
    : null;
}

/** The names a disguise must know; none where no tool is a custom one. */
export function customNames(tools: readonly Tool[]): readonly string[] {
  return tools.filter((tool) => tool.type === 'custom').map((tool) => tool.name);
}

/** Nobody holds the model to the grammar here, so it is told what it is. */
function grammarNote({ format }: CustomTool): string {
  const grammar = asObject(format?.grammar) ?? format;
  const definition = asString(grammar?.definition);
  if (definition === undefined) return '';
  return `The input must follow this ${asString(grammar?.syntax) ?? ''} grammar:\n${definition}`;
}
