// The hub's tools and tool choice → this wire's.
import type { ChatCall, Tool } from '../../core/call.ts';
import type { ModelRule } from '../../core/provider.ts';
import { asFunction, lostOfFormat } from '../custom-tools.ts';
import { type Block, encodeCache } from './encode-content.ts';
import { argumentsSchema } from './output-schema.ts';
import { toWireName } from './wire-names.ts';

type Lose = (what: string) => void;
const DIALECT = 'anthropic-messages';

export function encodeTools(tools: readonly Tool[], rule: ModelRule, lose: Lose): Block[] {
  const out: Block[] = [];
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.type === 'function') out.push(encodeFunction(tool, path, rule, lose));
    else if (tool.type === 'custom') {
      const lost = lostOfFormat(tool);
      if (lost !== null) lose(`${path}.format: ${lost}`);
      out.push(encodeFunction(asFunction(tool), path, rule, lose));
    } else if (tool.dialect === DIALECT) out.push({ ...tool.value } as Block);
    else lose(`${path}: ${tool.name} dropped; only ${tool.dialect} has it`);
  });
  return out;
}

function encodeFunction(
  tool: Extract<Tool, { type: 'function' }>,
  path: string,
  rule: ModelRule,
  lose: Lose,
): Block {
  const { description, extra } = tool;
  const strict = encodeStrict(tool, path, rule, lose);
  if (extra && extra.dialect !== DIALECT) {
    for (const field in extra.value)
      lose(`${path}.${field}: dropped; only ${extra.dialect} has it`);
  }
  return {
    name: toWireName(tool.name),
    ...(description === undefined || description === '' ? {} : { description }),
    input_schema: argumentsSchema(tool.parameters, strict === true, path, lose),
    ...(strict === undefined ? {} : { strict }),
    ...encodeCache(tool.cache),
    ...(extra?.dialect === DIALECT ? (extra.value as Block) : {}),
  };
}

/** Strict calls are constrained like answers, so models without the one have not the other. */
function encodeStrict(
  tool: Extract<Tool, { type: 'function' }>,
  path: string,
  rule: ModelRule,
  lose: Lose,
): boolean | undefined {
  if (tool.strict !== true) return undefined;
  if (rule.outputSchema !== false) return true;
  lose(`${path}.strict: the model's calls cannot be held to a schema; dropped`);
  return undefined;
}

/** Nothing where the wire's default says the same; a choice without tools is refused. */
export function encodeToolChoice(
  { toolChoice, sampling, tools }: ChatCall,
  encoded: number,
  lose: Lose,
): Block | undefined {
  const serial = sampling.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (encoded === 0) {
    if (
      tools.length > 0 &&
      toolChoice &&
      toolChoice.type !== 'auto' &&
      toolChoice.type !== 'none'
    ) {
      lose('tool_choice: dropped; no tool is left to choose');
    }
    return undefined;
  }
  switch (toolChoice?.type) {
    case undefined:
      return sampling.parallelToolCalls === false ? { type: 'auto', ...serial } : undefined;
    case 'auto':
      return { type: 'auto', ...serial };
    case 'none':
      return { type: 'none' };
    case 'required':
      return { type: 'any', ...serial };
    case 'tool':
      return { type: 'tool', name: toWireName(toolChoice.name), ...serial };
  }
}
