// The hub's tools and tool choice → functionDeclarations, hosted tools and toolConfig.
import type { ChatCall, Tool } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { ModelRule } from '../../core/provider.ts';
import { asObject, type Json, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import { asFunction, lostOfFormat } from '../custom-tools.ts';
import { fitSchema, isEmptyObject } from './json-schema.ts';

type Lose = (what: string) => void;
type FunctionTool = Extract<Tool, { type: 'function' }>;

export interface EncodedTools {
  readonly tools: readonly JsonRecord[];
  readonly toolConfig: JsonRecord | null;
  /** The function whose arguments are the answer, where a schema had to become one. */
  readonly answerTool: string | null;
}

/** @param search the caller's wish for a web search, in the words of chat completions; undefined: none */
export function encodeTools(
  call: ChatCall,
  search: Json | undefined,
  rule: ModelRule | null,
  target: Target,
  lose: Lose,
): EncodedTools {
  const functions: JsonRecord[] = [];
  const hosted: JsonRecord[] = [];
  const wishes: Wish[] = [];
  call.tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.type === 'function') functions.push(declaration(tool, path, lose));
    else if (tool.type === 'custom') {
      const lost = lostOfFormat(tool);
      if (lost !== null) lose(`${path}.format: ${lost}`);
      functions.push(declaration(asFunction(tool), path, lose));
    } else if (tool.dialect === 'gemini') hosted.push(tool.value as JsonRecord);
    else if (isSearch(tool, target)) wishes.push({ path, value: tool.value });
    else lose(`${path}: ${tool.name} dropped; only ${tool.dialect} has it`);
  });
  if (search !== undefined) wishes.unshift({ path: 'web_search_options', value: search });
  const [wish] = wishes;
  if (wish && functions.length > 0 && rule?.searchBesideTools === false)
    lose(`${wish.path}: ${target.model} does not search while it is offered functions`);
  else if (wish) hosted.push(...searchTool(wish, target, lose));
  const answer = answerTool(call, functions, rule, lose);
  const offered = answer === null ? functions : [...functions, answer.declaration];
  const config = callingConfig(call, functions, answer?.name ?? null, lose);
  const toolConfig: JsonRecord = {
    ...(config === null ? {} : { functionCallingConfig: config }),
    ...(offered.length > 0 && hosted.length > 0 && target.quirks.hostedToolsFlag === true
      ? { includeServerSideToolInvocations: true }
      : {}),
  };
  return {
    tools: [...(offered.length === 0 ? [] : [{ functionDeclarations: offered }]), ...hosted],
    toolConfig: Object.keys(toolConfig).length === 0 ? null : toolConfig,
    answerTool: answer?.name ?? null,
  };
}

function declaration(tool: FunctionTool, path: string, lose: Lose): JsonRecord {
  const { name, description, parameters, extra } = tool;
  for (const field in extra?.value)
    lose(`${path}.${field}: dropped; only ${extra?.dialect} has it`);
  return {
    name,
    ...(description === undefined || description === '' ? {} : { description }),
    ...(parameters === undefined || isEmptyObject(parameters)
      ? {}
      : { parametersJsonSchema: fitSchema(typed(parameters), `${path}.parameters`, lose) }),
  };
}

/** The wire wants the type of the arguments said, and to be an object. */
function typed(parameters: JsonObject): JsonObject {
  if (parameters.$ref !== undefined || parameters.type === 'object') return parameters;
  const { type: _, ...rest } = parameters;
  return { type: 'object', ...rest };
}

/** A web search somebody asked for, by an option or as another maker's hosted tool. */
interface Wish {
  readonly path: string;
  readonly value: Json;
}

/** Other makers' names for it: `web_search_20250305`, `web_search`, `web_search_preview`. */
function isSearch(tool: Tool & { type: 'opaque' }, { quirks }: Target): boolean {
  const { type } = tool.value;
  return (
    quirks.webSearchOptions === true && typeof type === 'string' && type.startsWith('web_search')
  );
}

/** Members of such a wish that ask for nothing of their own. */
const SEARCH_NAMES: ReadonlySet<string> = new Set(['type', 'name']);

function searchTool({ path, value }: Wish, target: Target, lose: Lose): JsonRecord[] {
  if (target.quirks.webSearchOptions !== true) {
    lose(`${path}: ${target.provider} does not search the web itself`);
    return [];
  }
  for (const [name, wanted] of Object.entries(asObject(value) ?? {}))
    if (!SEARCH_NAMES.has(name) && wanted !== 'medium' && !asksNothing(wanted))
      lose(`${path}.${name}: dropped; the search takes no such wish here`);
  return [{ googleSearch: {} }];
}

/** Models that cannot be held to a schema while functions are offered are given the answer as one more function. */
function answerTool(
  { output }: ChatCall,
  functions: readonly JsonRecord[],
  rule: ModelRule | null,
  lose: Lose,
): { readonly name: string; readonly declaration: JsonRecord } | null {
  if (output.type === 'text' || functions.length === 0 || rule?.schemaBesideTools !== false)
    return null;
  const schema = output.type === 'json-schema' ? output.schema : {};
  if (isEmptyObject(schema)) {
    lose('response_format: not enforced by the model while it is offered functions');
    return null;
  }
  const taken = new Set(functions.map(({ name }) => name));
  let name = 'final_answer';
  while (taken.has(name)) name += '_';
  const said = output.type === 'json-schema' ? output.description : undefined;
  const description = ['Gives the final answer, once no other function has to be called.', said];
  return {
    name,
    declaration: {
      name,
      description: description.filter(Boolean).join(' '),
      parametersJsonSchema: fitSchema(typed(schema), 'response_format.schema', lose),
    },
  };
}

/** Nothing where the wire's default says the same. */
function callingConfig(
  { toolChoice, tools }: ChatCall,
  functions: readonly JsonRecord[],
  answer: string | null,
  lose: Lose,
): JsonRecord | null {
  if (functions.length === 0) {
    if (
      toolChoice !== null &&
      toolChoice.type !== 'auto' &&
      toolChoice.type !== 'none' &&
      tools.length > 0
    )
      lose('tool_choice: dropped; no function is left to choose');
    return null;
  }
  switch (toolChoice?.type) {
    case 'none':
      return answer === null ? { mode: 'NONE' } : { mode: 'ANY', allowedFunctionNames: [answer] };
    case 'required':
      return answer === null
        ? { mode: 'ANY' }
        : { mode: 'ANY', allowedFunctionNames: functions.map(({ name }) => name ?? '') };
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [toolChoice.name] };
    case 'auto':
    case undefined:
      if (answer !== null) return { mode: 'ANY' };
      // Calls are held to their schemas; whether there is one stays the model's choice.
      if (tools.some((tool) => tool.type === 'function' && tool.strict === true))
        return { mode: 'VALIDATED' };
      return toolChoice === null ? null : { mode: 'AUTO' };
  }
}
