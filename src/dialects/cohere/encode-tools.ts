// The hub's tools and tool choice → this wire's. It has two words of choice, and none for one tool: that one is offered alone.
import type { ChatCall, Tool } from '../../core/call.ts';
import { asArray, type Json, type JsonRecord } from '../../lib/json.ts';
import { asFunction, lostOfFormat } from '../custom-tools.ts';
import type { Lose } from './encode-content.ts';

type FunctionTool = Extract<Tool, { type: 'function' }>;

export interface EncodedTools {
  readonly tools: readonly JsonRecord[];
  readonly tool_choice?: 'REQUIRED' | 'NONE';
  readonly strict_tools?: true;
}

export function encodeTools(call: ChatCall, lose: Lose): EncodedTools {
  const { toolChoice, sampling } = call;
  const all = functionsOf(call.tools, lose);
  const named = toolChoice?.type === 'tool' ? toolChoice.name : null;
  const functions = named === null ? all : all.filter(({ tool }) => tool.name === named);
  if (functions.length === 0) {
    if (toolChoice !== null && (toolChoice.type === 'required' || named !== null))
      lose('tool_choice: dropped; no tool is left to choose');
    return { tools: [] };
  }
  if (sampling.parallelToolCalls === false)
    lose('parallel_tool_calls: the wire cannot be held to one call at a time');
  return {
    tools: functions.map(({ tool }) => encodeFunction(tool)),
    ...encodeChoice(call),
    ...encodeStrict(functions, lose),
  };
}

function encodeChoice({ toolChoice }: ChatCall): Pick<EncodedTools, 'tool_choice'> {
  switch (toolChoice?.type) {
    case 'required':
    case 'tool':
      return { tool_choice: 'REQUIRED' };
    case 'none':
      return { tool_choice: 'NONE' };
    case 'auto':
    case undefined:
      return {};
  }
}

interface Offered {
  readonly tool: FunctionTool;
  readonly path: string;
}

function functionsOf(tools: readonly Tool[], lose: Lose): Offered[] {
  const offered: Offered[] = [];
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.type === 'opaque') {
      lose(`${path}: ${tool.name} dropped; only ${tool.dialect} has it`);
    } else if (tool.type === 'custom') {
      const lost = lostOfFormat(tool);
      if (lost !== null) lose(`${path}.format: ${lost}`);
      offered.push({ tool: asFunction(tool), path });
    } else {
      for (const field in tool.extra?.value ?? {})
        lose(`${path}.${field}: dropped; only ${tool.extra?.dialect} has it`);
      offered.push({ tool, path });
    }
  });
  return offered;
}

function encodeFunction({ name, description, parameters }: FunctionTool): JsonRecord {
  const schema = (parameters ?? { type: 'object', properties: {} }) as Json;
  return {
    type: 'function',
    function: { name, ...(description === undefined ? {} : { description }), parameters: schema },
  };
}

/**
 * Strictness is one switch for all tools, and each must then have a required argument
 * (docs.cohere.com/docs/structured-outputs, "Structured Outputs (Tools)").
 */
function encodeStrict(offered: readonly Offered[], lose: Lose): Pick<EncodedTools, 'strict_tools'> {
  const strict = offered.filter(({ tool }) => tool.strict === true);
  if (strict.length === 0) return {};
  const possible = offered.every(
    ({ tool }) => tool.strict === true && asArray(tool.parameters?.required).length > 0,
  );
  if (possible) return { strict_tools: true };
  for (const { path } of strict)
    lose(
      `${path}.strict: dropped; all tools are strict or none, and each needs a required argument`,
    );
  return {};
}
