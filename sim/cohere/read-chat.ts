// A chat request of version 2 → Ask.
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
  for (const document of asArray(body.documents)) prompt.document(JSON.stringify(document));
  for (const message of messages) addMessage(prompt, message);
  const last = messages.at(-1);
  const thinking = asObject(body.thinking);
  return {
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    lastUserText: textOf(messages.findLast(({ role }) => role === 'user')?.content),
    seen: prompt.seen,
    toolResults: last?.role === 'tool' ? lastResults(messages) : [],
    tools: asArray(body.tools).map(readTool),
    choice: readChoice(body.tool_choice),
    parallel: true,
    json: readFormat(asObject(body.response_format)),
    maxTokens: asNumber(body.max_tokens) ?? null,
    stop: asArray(body.stop_sequences).map(String),
    ...beginningIn(messages.slice(-2).map(turnOf), false, (n) =>
      askOf(body, messages.slice(0, -n)),
    ),
    promptTokens: prompt.tokens,
    thinks: thinking?.type === 'enabled',
    hidesThinking: false,
    includeUsage: true,
    choices: 1,
    segments: prompt.segments,
  };
}

function turnOf({ role, content, tool_calls: calls }: JsonObject): SaidTurn {
  const known = role === 'user' || role === 'assistant';
  return { role: known ? role : 'other', text: textOf(content), calls: calls !== undefined };
}

function addMessage(prompt: Prompt, message: JsonObject): void {
  const { content } = message;
  if (message.tool_calls !== undefined) prompt.add(JSON.stringify(message.tool_calls));
  if (typeof content === 'string') {
    prompt.add(content);
    return;
  }
  for (const given of asArray(content)) {
    const part = asObject(given) ?? {};
    if (part.type === 'image_url') prompt.image(asString(asObject(part.image_url)?.url) ?? '');
    else if (part.type === 'document') prompt.document(JSON.stringify(part.document ?? null));
    else prompt.add(asString(part.text) ?? asString(part.thinking) ?? '');
  }
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
      names.set(asString(call?.id) ?? '', asString(asObject(call?.function)?.name) ?? 'tool');
    }
  }
  const start = messages.findLastIndex((message) => message.role !== 'tool') + 1;
  return messages.slice(start).map((message) => ({
    name: names.get(asString(message.tool_call_id) ?? '') ?? 'tool',
    text: textOf(message.content),
  }));
}

function readTool(given: Json): OfferedTool {
  const inner = asObject(asObject(given)?.function);
  return { name: asString(inner?.name) ?? '', schema: asObject(inner?.parameters), custom: false };
}

function readChoice(choice: Json | undefined): Choice {
  if (choice === 'REQUIRED') return 'required';
  return choice === 'NONE' ? 'none' : 'auto';
}

function readFormat(format: JsonObject | undefined): Ask['json'] {
  if (format?.type !== 'json_object') return null;
  return { schema: asObject(format.json_schema) ?? null };
}
