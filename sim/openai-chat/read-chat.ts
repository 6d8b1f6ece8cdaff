// A Chat Completions request → Ask.
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import type { Ask, Choice, OfferedTool, Refused, ToolOutcome } from '../ask.ts';
import { beginningIn, type SaidTurn } from '../go-on.ts';
import { Prompt } from '../prompt.ts';
import { checkChat } from './check-chat.ts';

/** What the request asks, or the vendor's refusal. */
export function readChat(body: JsonObject, strict: boolean): Ask | Refused {
  const refused = checkChat(body, strict);
  if (refused) return refused;
  return askOf(body, asObjects(body.messages));
}

function askOf(body: JsonObject, messages: readonly JsonObject[]): Ask {
  const prompt = new Prompt();
  if (body.tools !== undefined) prompt.add(JSON.stringify(body.tools));
  let lastUserText = '';
  for (const message of messages) {
    const text = addMessage(prompt, message);
    if (message.role === 'user') lastUserText = text;
  }
  const last = messages.at(-1);
  const effort = body.reasoning_effort;
  return {
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    lastUserText,
    seen: prompt.seen,
    toolResults: last?.role === 'tool' ? lastResults(messages) : [],
    tools: asArray(body.tools).map(readTool),
    choice: readChoice(body.tool_choice),
    parallel: body.parallel_tool_calls !== false,
    json: readFormat(asObject(body.response_format)),
    maxTokens: asNumber(body.max_completion_tokens) ?? asNumber(body.max_tokens) ?? null,
    stop: typeof body.stop === 'string' ? [body.stop] : asArray(body.stop).map(String),
    ...beginningIn(messages.slice(-2).map(turnOf), isMarked(body, last), (n) =>
      askOf(body, messages.slice(0, -n)),
    ),
    promptTokens: prompt.tokens,
    thinks: typeof effort === 'string' && effort !== 'none' && effort !== 'minimal',
    hidesThinking: false,
    includeUsage: asObject(body.stream_options)?.include_usage === true,
    choices: Math.max(1, asNumber(body.n) ?? 1),
    segments: prompt.segments,
  };
}

function turnOf({ role, content, tool_calls: calls }: JsonObject): SaidTurn {
  const known = role === 'user' || role === 'assistant';
  return { role: known ? role : 'other', text: textOf(content), calls: calls !== undefined };
}

/** `prefix` is Mistral's and DeepSeek's, `partial` Moonshot's and Qwen's; the last is vLLM's, of the request. */
function isMarked(body: JsonObject, last: JsonObject | undefined): boolean {
  return last?.prefix === true || last?.partial === true || body.continue_final_message === true;
}

/** Counts a message; returns its text. */
function addMessage(prompt: Prompt, message: JsonObject): string {
  const { content } = message;
  if (message.tool_calls !== undefined) prompt.add(JSON.stringify(message.tool_calls));
  if (typeof content === 'string') {
    prompt.add(content);
    return content;
  }
  for (const given of asArray(content)) {
    const part = asObject(given) ?? {};
    if (part.type === 'image_url') prompt.image(asString(asObject(part.image_url)?.url) ?? '');
    else if (part.type === 'input_audio')
      prompt.audio(asString(asObject(part.input_audio)?.data) ?? '');
    else if (part.type === 'file') prompt.document(JSON.stringify(part.file ?? null));
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

/** The run of tool messages at the end, with the names of the calls they answer. */
function lastResults(messages: readonly JsonObject[]): readonly ToolOutcome[] {
  const names = new Map<string, string>();
  for (const message of messages) {
    for (const given of asArray(message.tool_calls)) {
      const call = asObject(given);
      const inner = asObject(call?.function) ?? asObject(call?.custom);
      names.set(asString(call?.id) ?? '', asString(inner?.name) ?? 'tool');
    }
  }
  const start = messages.findLastIndex((message) => message.role !== 'tool') + 1;
  return messages.slice(start).map((message) => ({
    name: names.get(asString(message.tool_call_id) ?? '') ?? 'tool',
    text: textOf(message.content),
  }));
}

function readTool(given: Json): OfferedTool {
  const tool = asObject(given);
  const custom = asObject(tool?.custom);
  if (custom) return { name: asString(custom.name) ?? '', schema: undefined, custom: true };
  const inner = asObject(tool?.function);
  return { name: asString(inner?.name) ?? '', schema: asObject(inner?.parameters), custom: false };
}

function readChoice(choice: Json | undefined): Choice {
  if (choice === 'none' || choice === 'required') return choice;
  const object = asObject(choice);
  const name =
    asString(asObject(object?.function)?.name) ?? asString(asObject(object?.custom)?.name);
  return name === undefined ? 'auto' : { name };
}

function readFormat(format: JsonObject | undefined): Ask['json'] {
  if (format?.type === 'json_object') return { schema: null };
  if (format?.type !== 'json_schema') return null;
  return { schema: asObject(asObject(format.json_schema)?.schema) ?? {} };
}
