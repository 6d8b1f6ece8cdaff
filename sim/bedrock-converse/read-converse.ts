// A Converse request → Ask.
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import type { Ask, CacheTtl, Choice, OfferedTool, Refused, ToolOutcome } from '../ask.ts';
import { beginningIn, type SaidTurn } from '../go-on.ts';
import type { HttpRequest } from '../http/read-requests.ts';
import { Prompt } from '../prompt.ts';
import { checkConverse } from './check-converse.ts';

/** The model a path names: `/model/{id}/converse`. */
export function modelInPath(path: string): string {
  const named = path.split('/model/')[1]?.split('/')[0] ?? '';
  try {
    return decodeURIComponent(named);
  } catch {
    return named;
  }
}

/** What the request asks, or the vendor's refusal. */
export function readConverse(body: JsonObject, request: HttpRequest): Ask | Refused {
  const refused = checkConverse(body);
  if (refused) return refused;
  const messages = asObjects(body.messages);
  return askOf(body, request, messages, countPrompt(body, messages));
}

function askOf(
  body: JsonObject,
  request: HttpRequest,
  messages: readonly JsonObject[],
  prompt: Prompt,
): Ask {
  const last = messages.at(-1);
  const config = asObject(body.inferenceConfig);
  const fields = asObject(body.additionalModelRequestFields);
  const thinking = asObject(fields?.thinking);
  const own = asObject(fields?.tool_choice);
  const path = request.path.split('?')[0] ?? '';
  return {
    model: modelInPath(path),
    stream: path.endsWith('/converse-stream'),
    lastUserText: textOf(
      messages.findLast((message) => message.role === 'user' && textOf(message) !== ''),
    ),
    seen: prompt.seen,
    toolResults: last?.role === 'user' ? results(last, messages) : [],
    tools: asObjects(asObject(body.toolConfig)?.tools).flatMap(readTool),
    choice: readChoice(asObject(asObject(body.toolConfig)?.toolChoice), own),
    parallel: own?.disable_parallel_tool_use !== true,
    json: readFormat(body),
    maxTokens: asNumber(config?.maxTokens) ?? null,
    stop: asArray(config?.stopSequences).map(String),
    ...beginningIn(messages.slice(-2).map(turnOf), true, (n) =>
      askOf(body, request, messages.slice(0, -n), prompt),
    ),
    promptTokens: prompt.tokens,
    thinks: thinking !== undefined && thinking.type !== 'disabled',
    hidesThinking: false,
    includeUsage: true,
    choices: 1,
    segments: prompt.segments,
  };
}

function turnOf(message: JsonObject): SaidTurn {
  const calls = asObjects(message.content).some(
    ({ toolUse, toolResult }) => toolUse !== undefined || toolResult !== undefined,
  );
  const role = message.role === 'assistant' ? 'assistant' : 'user';
  return { role, text: textOf(message), calls };
}

/** In the order of the vendor's cache: tools, system, messages. A point marks what stands before it. */
function countPrompt(body: JsonObject, messages: readonly JsonObject[]): Prompt {
  const prompt = new Prompt();
  addBlocks(prompt, asObjects(asObject(body.toolConfig)?.tools));
  addBlocks(prompt, asObjects(body.system));
  for (const { content } of messages) addBlocks(prompt, asObjects(content));
  return prompt;
}

function addBlocks(prompt: Prompt, blocks: readonly JsonObject[]): void {
  for (const [index, block] of blocks.entries()) {
    if (block.cachePoint !== undefined) continue;
    const mark = markOf(blocks[index + 1]);
    const image = asObject(block.image);
    const document = asObject(block.document);
    if (image !== undefined) prompt.image(JSON.stringify(image), mark);
    else if (document !== undefined) prompt.document(JSON.stringify(document), mark);
    else {
      addBlocks(prompt, asObjects(asObject(block.toolResult)?.content).filter(isMedia));
      prompt.add(asString(block.text) ?? JSON.stringify(block), mark);
    }
  }
}

function isMedia(block: JsonObject): boolean {
  return block.image !== undefined || block.document !== undefined;
}

function markOf(next: JsonObject | undefined): CacheTtl | null {
  const point = asObject(next?.cachePoint);
  if (point === undefined) return null;
  return point.ttl === '1h' ? '1h' : '5m';
}

function textOf(message: JsonObject | undefined): string {
  return asObjects(message?.content)
    .map((block) => asString(block.text) ?? '')
    .join('');
}

function results(last: JsonObject, messages: readonly JsonObject[]): readonly ToolOutcome[] {
  const names = new Map<string, string>();
  for (const { content } of messages) {
    for (const { toolUse } of asObjects(content)) {
      const call = asObject(toolUse);
      if (call !== undefined)
        names.set(asString(call.toolUseId) ?? '', asString(call.name) ?? 'tool');
    }
  }
  return asObjects(last.content).flatMap(({ toolResult }) => {
    const result = asObject(toolResult);
    if (result === undefined) return [];
    const name = names.get(asString(result.toolUseId) ?? '') ?? 'tool';
    return [{ name, text: textOf(result) }];
  });
}

function readTool({ toolSpec }: JsonObject): readonly OfferedTool[] {
  const spec = asObject(toolSpec);
  if (spec === undefined) return [];
  const schema = asObject(asObject(spec.inputSchema)?.json);
  return [{ name: asString(spec.name) ?? '', schema, custom: false }];
}

/** The model's own `tool_choice` says what the wire's cannot: none. */
function readChoice(choice: JsonObject | undefined, own: JsonObject | undefined): Choice {
  if (own?.type === 'none') return 'none';
  if (choice?.any !== undefined || own?.type === 'any') return 'required';
  const name = asString(asObject(choice?.tool)?.name) ?? asString(own?.name);
  return name === undefined ? 'auto' : { name };
}

function readFormat(body: JsonObject): Ask['json'] {
  const format = asObject(asObject(body.outputConfig)?.textFormat);
  const schema = asString(asObject(asObject(format?.structure)?.jsonSchema)?.schema);
  return schema === undefined ? null : { schema: asObject(parseJson(schema)) ?? {} };
}
