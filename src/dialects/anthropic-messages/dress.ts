// What a router puts to a caller's request on this wire: its text with that, and every other byte as it was.
import type { Dressed, Dressing } from '../../core/dressing.ts';
import type { GenerationConfig, MessageTemplate } from '../../core/router.ts';
import {
  asArray,
  asObject,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import { BodyEdits, type Written, written } from '../body-edits.ts';
import { cutCommands } from '../cut-commands.ts';
import { leading } from '../leading.ts';
import { putAbsent, putInstructions, putReasoning, putSearch, unsaidOf } from '../put-settings.ts';

/** What this wire has no word for, by what callers may have written all the same. */
const UNSAID = {
  repetitionPenalty: 'repetition_penalty',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'seed',
  logitBias: 'logit_bias',
} as const;

/** Elsewhere it goes up to 2. */
const MAX_TEMPERATURE = 1;

export function dress(text: string, body: JsonObject, dressing: Dressing): Dressed {
  const { prompt, generation, search, commands } = dressing;
  const edits = new BodyEdits(text, body);
  cutCommands(edits, commands, {
    list: 'messages',
    isUsers: ({ role }) => role === 'user',
    isText: ({ type }) => type === 'text',
  });
  putSystem(edits, prompt);
  const messages = edits.get('messages');
  if (Array.isArray(messages)) {
    const own = asArray(messages);
    const system = leading(own, (message) => asObject(message)?.role === 'system');
    edits.insert('messages', system, messagesOf(prompt), own);
  }
  // Only a count of tokens comes without a limit, and is refused with settings of an answer.
  if (edits.get('max_tokens') === undefined) return { ...edits.result(), unsaid: [] };
  const hot = putGeneration(edits, generation);
  putSearch(edits, search);
  const unsaid = [...hot, ...unsaidOf(edits, generation, UNSAID)];
  return { ...edits.result(), unsaid };
}

/** All of them: between messages this wire has no place for instructions that every model takes. */
function putSystem(edits: BodyEdits, prompt: readonly MessageTemplate[]): void {
  const texts = prompt.flatMap(({ role, content }) =>
    role === 'system' && content !== '' ? [content] : [],
  );
  if (putInstructions(edits, 'system', texts)) return;
  const blocks = edits.get('system');
  // The caller's blocks keep their cache marks: what they cover now begins with the router's words.
  if (Array.isArray(blocks))
    edits.prepend('system', [written({ type: 'text', text: texts.join('\n\n') })], asArray(blocks));
}

/** Results of one turn's calls belong into one message. */
function messagesOf(prompt: readonly MessageTemplate[]): readonly Written[] {
  const messages: Written[] = [];
  let results: string[] = [];
  const flush = () => {
    if (results.length > 0) messages.push(asWritten(`{"role":"user","content":[${results}]}`));
    results = [];
  };
  for (const { role, content, toolCalls, toolCallId } of prompt) {
    if (role === 'system') continue;
    if (role === 'tool') {
      const block = { type: 'tool_result', tool_use_id: toolCallId ?? '', content };
      results.push(JSON.stringify(block));
      continue;
    }
    flush();
    if (role === 'user' || toolCalls === undefined) {
      messages.push(written({ role, content }));
      continue;
    }
    const blocks = content === '' ? [] : [JSON.stringify({ type: 'text', text: content })];
    for (const call of toolCalls) blocks.push(toolUse(call));
    messages.push(asWritten(`{"role":"assistant","content":[${blocks}]}`));
  }
  flush();
  return messages;
}

type TemplateCall = NonNullable<MessageTemplate['toolCalls']>[number];

/** Its input as it was written: reading it would cost the digits of large numbers. */
function toolUse({ id, name, arguments: args }: TemplateCall): string {
  const input = isObject(parseJson(args)) ? args : '{}';
  const [type, callId, tool] = ['tool_use', id, name].map((text) => JSON.stringify(text));
  return `{"type":${type},"id":${callId},"name":${tool},"input":${input}}`;
}

function asWritten(raw: string): Written {
  return { raw, value: JSON.parse(raw) as Json };
}

/** The limit is always the caller's, who must name one. Returns what cannot be said as it is meant. */
function putGeneration(
  edits: BodyEdits,
  { temperature, topP, stop, reasoning }: GenerationConfig,
): (keyof GenerationConfig)[] {
  const isHot = temperature !== undefined && temperature > MAX_TEMPERATURE;
  const lost = isHot && edits.get('temperature') === undefined;
  if (!isHot) putAbsent(edits, 'temperature', temperature);
  putAbsent(edits, 'top_p', topP);
  putAbsent(edits, 'stop_sequences', stop);
  const effort = asObject(edits.get('output_config'))?.effort ?? null;
  if (edits.get('thinking') === undefined && effort === null) putReasoning(edits, reasoning);
  return lost ? ['temperature'] : [];
}
