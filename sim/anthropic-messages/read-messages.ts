// A Messages request → Ask.
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import {
  type Ask,
  type CacheTtl,
  type Choice,
  type OfferedTool,
  Refused,
  type ToolOutcome,
} from '../ask.ts';
import { beginningIn, type SaidTurn } from '../go-on.ts';
import type { HttpRequest } from '../http/read-requests.ts';
import { Prompt } from '../prompt.ts';
import { checkMessages } from './check-messages.ts';

/** https://docs.claude.com/en/docs/build-with-claude/prompt-caching */
const MAX_MARKS = 4;

/** What the request asks, or the vendor's refusal. */
export function readMessages(
  body: JsonObject,
  request: HttpRequest,
  strict: boolean,
  counting: boolean,
): Ask | Refused {
  if (request.headers['anthropic-version'] === undefined)
    return new Refused('anthropic-version: header is required');
  const refused = checkMessages(body, strict, counting);
  if (refused) return refused;
  const messages = asArray(body.messages).map((message) => asObject(message) ?? {});
  const prompt = countPrompt(body, messages);
  const marks = prompt.segments.filter((segment) => segment.mark !== null).length;
  if (marks > MAX_MARKS)
    return new Refused(`A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`);
  return askOf(body, messages, prompt);
}

function askOf(body: JsonObject, messages: readonly JsonObject[], prompt: Prompt): Ask {
  const last = messages.at(-1);
  const thinking = asObject(body.thinking);
  return {
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    lastUserText: textOf(
      messages.findLast(({ role, content }) => role === 'user' && textOf(content) !== '')?.content,
    ),
    seen: prompt.seen,
    toolResults: last?.role === 'user' ? results(last, messages) : [],
    tools: asArray(body.tools).flatMap(readTool),
    choice: readChoice(asObject(body.tool_choice)),
    parallel: asObject(body.tool_choice)?.disable_parallel_tool_use !== true,
    json: readFormat(body),
    maxTokens: asNumber(body.max_tokens) ?? null,
    stop: asArray(body.stop_sequences).map(String),
    ...beginningIn(messages.slice(-2).map(turnOf), true, (n) =>
      askOf(body, messages.slice(0, -n), prompt),
    ),
    promptTokens: prompt.tokens,
    thinks: thinking !== undefined && thinking.type !== 'disabled',
    hidesThinking: thinking?.display === 'omitted',
    includeUsage: true,
    choices: 1,
    segments: prompt.segments,
  };
}

function turnOf({ role, content }: JsonObject): SaidTurn {
  const blocks = typeof content === 'string' ? [] : asObjects(content);
  const calls = blocks.some(({ type }) => type === 'tool_use' || type === 'tool_result');
  return { role: role === 'assistant' ? 'assistant' : 'user', text: textOf(content), calls };
}

/** In the order of the vendor's cache: tools, system, messages. */
function countPrompt(body: JsonObject, messages: readonly JsonObject[]): Prompt {
  const prompt = new Prompt();
  for (const tool of asArray(body.tools)) prompt.add(JSON.stringify(tool), markOf(asObject(tool)));
  if (typeof body.system === 'string') prompt.add(body.system);
  else
    for (const block of asArray(body.system))
      prompt.add(asString(asObject(block)?.text) ?? '', markOf(asObject(block)));
  // A mark on the request itself stands at the end of it.
  const whole = markOf(body);
  for (const [index, { content }] of messages.entries()) {
    const isLast = whole !== null && index === messages.length - 1;
    if (typeof content === 'string') prompt.add(content, isLast ? whole : null);
    const blocks = typeof content === 'string' ? [] : asArray(content);
    for (const [at, block] of blocks.entries())
      addBlock(prompt, asObject(block) ?? {}, isLast && at === blocks.length - 1 ? whole : null);
  }
  return prompt;
}

function addBlock(prompt: Prompt, block: JsonObject, whole: CacheTtl | null): void {
  const mark = markOf(block) ?? whole;
  switch (block.type) {
    case 'text':
      prompt.add(asString(block.text) ?? '', mark);
      break;
    case 'image':
      prompt.image(JSON.stringify(block.source ?? null), mark);
      break;
    case 'document':
      prompt.document(JSON.stringify(block.source ?? null), mark);
      break;
    case 'tool_result':
      for (const inner of asArray(block.content)) addBlock(prompt, asObject(inner) ?? {}, null);
      prompt.add(asString(block.content) ?? '', mark);
      break;
    default: {
      const { cache_control: _, ...rest } = block;
      prompt.add(JSON.stringify(rest), mark);
    }
  }
}

function markOf(block: JsonObject | undefined): CacheTtl | null {
  const mark = asObject(block?.cache_control);
  if (mark?.type !== 'ephemeral') return null;
  return mark.ttl === '1h' ? '1h' : '5m';
}

function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((block) =>
      asObject(block)?.type === 'text' ? (asString(asObject(block)?.text) ?? '') : '',
    )
    .join('');
}

function results(last: JsonObject, messages: readonly JsonObject[]): readonly ToolOutcome[] {
  const names = new Map<string, string>();
  for (const { content } of messages) {
    for (const given of typeof content === 'string' ? [] : asArray(content)) {
      const block = asObject(given);
      if (block?.type === 'tool_use')
        names.set(asString(block.id) ?? '', asString(block.name) ?? 'tool');
    }
  }
  const blocks =
    typeof last.content === 'string'
      ? []
      : asArray(last.content).map((block) => asObject(block) ?? {});
  return blocks
    .filter((block) => block.type === 'tool_result')
    .map((block) => ({
      name: names.get(asString(block.tool_use_id) ?? '') ?? 'tool',
      text: textOf(block.content),
    }));
}

/** Hosted tools are run by the vendor; the simulated one has none. */
function readTool(given: Json): readonly OfferedTool[] {
  const tool = asObject(given) ?? {};
  if ((asString(tool.type) ?? 'custom') !== 'custom') return [];
  return [{ name: asString(tool.name) ?? '', schema: asObject(tool.input_schema), custom: false }];
}

function readChoice(choice: JsonObject | undefined): Choice {
  switch (choice?.type) {
    case 'none':
      return 'none';
    case 'any':
      return 'required';
    case 'tool':
      return { name: asString(choice.name) ?? '' };
    default:
      return 'auto';
  }
}

/** https://docs.claude.com/en/docs/build-with-claude/structured-outputs; `output_format` is its beta form. */
function readFormat(body: JsonObject): Ask['json'] {
  const format = asObject(asObject(body.output_config)?.format) ?? asObject(body.output_format);
  if (format?.type !== 'json_schema') return null;
  return { schema: asObject(format.schema) ?? {} };
}
