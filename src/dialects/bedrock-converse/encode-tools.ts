// The hub's tools and tool choice → `toolConfig`.
import type { ChatCall, Message, Tool } from '../../core/call.ts';
import type { ModelRule } from '../../core/provider.ts';
import { argumentsSchema } from '../anthropic-messages/output-schema.ts';
import { asFunction, lostOfFormat } from '../custom-tools.ts';
import type { Block } from './encode-document.ts';
import { cachePoint } from './encode-parts.ts';

type Lose = (what: string) => void;
const DIALECT = 'bedrock-converse';

export function encodeTools(tools: readonly Tool[], rule: ModelRule, lose: Lose): Block[] {
  const out: Block[] = [];
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.type === 'opaque') {
      if (tool.dialect === DIALECT) out.push({ ...tool.value } as Block);
      else lose(`${path}: ${tool.name} dropped; only ${tool.dialect} has it`);
      return;
    }
    const lost = lostOfFormat(tool);
    if (lost !== null) lose(`${path}.format: ${lost}`);
    out.push(encodeFunction(tool.type === 'custom' ? asFunction(tool) : tool, path, rule, lose));
    if (tool.cache !== undefined)
      out.push(...cachePoint(tool.cache, path, 'tools', { rule, lose }));
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
  for (const field in extra?.value ?? {}) {
    if (extra?.dialect !== DIALECT)
      lose(`${path}.${field}: dropped; only ${extra?.dialect} has it`);
  }
  // Calls are held to a schema as answers are, so models without the one have not the other.
  const strict = tool.strict === true && rule.outputSchema !== false;
  if (tool.strict === true && !strict)
    lose(`${path}.strict: the model's calls cannot be held to a schema; dropped`);
  return {
    toolSpec: {
      name: tool.name,
      ...(description === undefined || description === '' ? {} : { description }),
      inputSchema: { json: argumentsSchema(tool.parameters, strict, path, lose) },
      ...(strict ? { strict } : {}),
    },
  };
}

/** The tools that the conversation has called: "toolConfig must be defined when using toolUse and toolResult blocks". */
export function calledTools(messages: readonly Message[]): Tool[] {
  const names = new Set<string>();
  let results = false;
  for (const { parts } of messages) {
    for (const part of parts) {
      if (part.type === 'tool-use') names.add(part.name);
      results ||= part.type === 'tool-result';
    }
  }
  if (names.size === 0 && results) names.add('tool');
  return [...names].map((name) => ({ type: 'function', name }));
}

/** What the choice becomes: this wire's member, or the model's own `tool_choice` beside it, and how it was asked for. */
export interface Choice {
  readonly toolChoice?: Block;
  /** Named tool, on models that can only be made to call some tool: the one that stays. */
  readonly only?: string;
  /** The model can only be told in words to call none. */
  readonly told?: true;
}

/** @param none the caller wants no call, but the tools have to be declared since the conversation has called them. */
export function encodeChoice(
  { toolChoice }: Pick<ChatCall, 'toolChoice'>,
  rule: ModelRule,
  lose: Lose,
): Choice {
  const type = toolChoice?.type ?? 'auto';
  const works = rule.forcedTools === false ? [] : (rule.toolChoice ?? ['required', 'tool']);
  const forced = (choice: 'required' | 'tool') => works.includes(choice);
  switch (toolChoice?.type) {
    case undefined:
    case 'auto':
      return {};
    case 'none':
      return { told: true };
    case 'required':
      if (forced('required')) return { toolChoice: { any: {} } };
      break;
    case 'tool':
      if (forced('tool')) return { toolChoice: { tool: { name: toolChoice.name } } };
      if (forced('required')) return { toolChoice: { any: {} }, only: toolChoice.name };
      break;
  }
  lose(`tool_choice: the model cannot be made to call a tool; sent as auto instead of ${type}`);
  return {};
}
