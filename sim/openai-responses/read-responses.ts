// A Responses request → Ask.
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import type { Ask, Choice, OfferedTool, Refused, ToolOutcome } from '../ask.ts';
import { beginningIn, type SaidTurn } from '../go-on.ts';
import { Prompt } from '../prompt.ts';
import { checkResponses } from './check-responses.ts';

/** What the request asks, or the vendor's refusal. */
export function readResponses(body: JsonObject, strict: boolean): Ask | Refused {
  const refused = checkResponses(body, strict);
  if (refused) return refused;
  return askOf(body, itemsOf(body.input));
}

function askOf(body: JsonObject, items: readonly JsonObject[]): Ask {
  const prompt = new Prompt();
  if (typeof body.instructions === 'string') prompt.add(body.instructions);
  if (body.tools !== undefined) prompt.add(JSON.stringify(body.tools));
  let lastUserText = '';
  for (const item of items) {
    const text = addItem(prompt, item);
    if (item.role === 'user') lastUserText = text;
  }
  const reasoning = asObject(body.reasoning);
  const effort = asString(reasoning?.effort);
  const summary = reasoning?.summary;
  return {
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    lastUserText,
    seen: prompt.seen,
    toolResults: lastResults(items),
    tools: asArray(body.tools).flatMap(readTool),
    choice: readChoice(body.tool_choice),
    parallel: body.parallel_tool_calls !== false,
    json: readFormat(asObject(asObject(body.text)?.format)),
    maxTokens: asNumber(body.max_output_tokens) ?? null,
    stop: [],
    ...beginningIn(items.slice(-2).map(turnOf), false, (n) => askOf(body, items.slice(0, -n))),
    promptTokens: prompt.tokens,
    thinks: effort !== undefined && effort !== 'none' && effort !== 'minimal',
    hidesThinking: summary === undefined || summary === null,
    includeUsage: true,
    givesState: asArray(body.include).includes('reasoning.encrypted_content'),
    repeats: repeated(body),
    choices: 1,
    segments: prompt.segments,
  };
}

/** The request's own fields, with what the vendor takes for those that are not there. */
function repeated(body: JsonObject): JsonObject {
  const reasoning = asObject(body.reasoning);
  return {
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: asArray(body.tools),
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
}

function itemsOf(input: Json | undefined): readonly JsonObject[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return asArray(input).map((item) => asObject(item) ?? {});
}

function turnOf({ role, content }: JsonObject): SaidTurn {
  const known = role === 'user' || role === 'assistant';
  return { role: known ? role : 'other', text: textOf(content), calls: false };
}

/** Counts an item; returns its text. */
function addItem(prompt: Prompt, item: JsonObject): string {
  const content = item.content ?? item.output;
  if (item.name !== undefined) prompt.add(`${item.name}${item.arguments ?? item.input ?? ''}`);
  if (typeof content === 'string') {
    prompt.add(content);
    return content;
  }
  for (const given of asArray(content)) {
    const part = asObject(given) ?? {};
    if (part.type === 'input_image') prompt.image(asString(part.image_url) ?? '');
    else if (part.type === 'input_file') prompt.document(JSON.stringify(part));
    else prompt.add(asString(part.text) ?? asString(part.refusal) ?? '');
  }
  return textOf(content);
}

function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => asString(asObject(part)?.text) ?? '')
    .join('');
}

/** The run of outputs at the end, with the names of the calls they answer. */
function lastResults(items: readonly JsonObject[]): readonly ToolOutcome[] {
  const isOutput = ({ type }: JsonObject) => String(type).endsWith('_call_output');
  const names = new Map(
    items.flatMap(({ call_id: id, name }) =>
      typeof id === 'string' && typeof name === 'string' ? [[id, name] as const] : [],
    ),
  );
  const start = items.findLastIndex((item) => !isOutput(item)) + 1;
  return items.slice(start).map((item) => ({
    name: names.get(asString(item.call_id) ?? '') ?? 'tool',
    text: textOf(item.output),
  }));
}

/** The vendor's own tools are not simulated. */
function readTool(given: Json): OfferedTool[] {
  const tool = asObject(given) ?? {};
  const name = asString(tool.name) ?? '';
  if (tool.type === 'custom') return [{ name, schema: undefined, custom: true }];
  return tool.type === 'function'
    ? [{ name, schema: asObject(tool.parameters), custom: false }]
    : [];
}

function readChoice(choice: Json | undefined): Choice {
  if (choice === 'none' || choice === 'required') return choice;
  const name = asString(asObject(choice)?.name);
  return name === undefined ? 'auto' : { name };
}

function readFormat(format: JsonObject | undefined): Ask['json'] {
  if (format?.type === 'json_object') return { schema: null };
  return format?.type === 'json_schema' ? { schema: asObject(format.schema) ?? {} } : null;
}
