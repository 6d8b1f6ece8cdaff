// What a router puts to a caller's request on this wire: its text with that, and every other byte as it was.
import type { Dressed, Dressing } from '../../core/dressing.ts';
import type { GenerationConfig, MessageTemplate } from '../../core/router.ts';
import { asArray, asObject, type Json, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { BodyEdits, type Written, written } from '../body-edits.ts';
import { cutCommands } from '../cut-commands.ts';
import { leading } from '../leading.ts';
import { putAbsent, putInstructions, putReasoning, putSearch, unsaidOf } from '../put-settings.ts';
import { itemType } from './items.ts';

/** What this wire has no word for, by what callers may have written all the same. */
const UNSAID = {
  repetitionPenalty: 'repetition_penalty',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  stop: 'stop',
  seed: 'seed',
  logitBias: 'logit_bias',
} as const;

export function dress(text: string, body: JsonObject, dressing: Dressing): Dressed {
  const { prompt, generation, search, commands } = dressing;
  const edits = new BodyEdits(text, body);
  cutCommands(edits, commands, {
    list: 'input',
    isUsers: (item) => itemType(item) === 'message' && item.role === 'user',
    isText: ({ type }) => type === 'input_text' || type === 'text',
  });
  putPrompt(edits, prompt);
  putGeneration(edits, generation);
  putSearch(edits, search);
  return { ...edits.result(), unsaid: unsaidOf(edits, generation, UNSAID) };
}

/**
 * Instructions go for one response only, so they come with each. What follows them stood before the first turn: whoever holds
 * the conversation has it.
 */
function putPrompt(edits: BodyEdits, prompt: readonly MessageTemplate[]): void {
  const count = leading(prompt, ({ role }) => role === 'system');
  const texts = prompt.slice(0, count).flatMap(({ content }) => (content === '' ? [] : [content]));
  putInstructions(edits, 'instructions', texts);
  const items = prompt.slice(count).flatMap(itemsOf).map(written);
  const isHeld = ['previous_response_id', 'conversation'].some((name) => edits.get(name));
  if (items.length > 0 && !isHeld) putItems(edits, items);
}

function putItems(edits: BodyEdits, items: readonly Written[]): void {
  const input = edits.get('input');
  if (Array.isArray(input)) {
    const own = asArray(input);
    edits.insert('input', leading(own, isInstruction), items, own);
    return;
  }
  const all = [...items];
  if (typeof input === 'string') {
    const raw = `{"type":"message","role":"user","content":${edits.raw('input')}}`;
    all.push({ raw, value: { type: 'message', role: 'user', content: input } });
  } else if (input !== undefined) return;
  const raw = `[${all.map((item) => item.raw).join(',')}]`;
  edits.put('input', { raw, value: all.map(({ value }) => value) });
}

function isInstruction(given: Json): boolean {
  const item = asObject(given) ?? {};
  return itemType(item) === 'message' && (item.role === 'system' || item.role === 'developer');
}

function itemsOf({ role, content, toolCalls, toolCallId }: MessageTemplate): JsonRecord[] {
  if (role === 'tool')
    return [{ type: 'function_call_output', call_id: toolCallId ?? '', output: content }];
  const calls = (toolCalls ?? []).map(({ id, name, arguments: args }) => ({
    type: 'function_call',
    call_id: id,
    name,
    arguments: args,
  }));
  if (content === '' && calls.length > 0) return calls;
  return [{ type: 'message', role, content }, ...calls];
}

function putGeneration(
  edits: BodyEdits,
  { maxTokens, temperature, topP, reasoning }: GenerationConfig,
): void {
  putAbsent(edits, 'max_output_tokens', maxTokens);
  putAbsent(edits, 'temperature', temperature);
  putAbsent(edits, 'top_p', topP);
  putReasoning(edits, reasoning);
}
