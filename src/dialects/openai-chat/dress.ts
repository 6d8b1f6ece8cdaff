// What a router puts to a caller's request on this wire: its text with that, and every other byte as it was.
import type { Dressed, Dressing } from '../../core/dressing.ts';
import type { GenerationConfig, MessageTemplate } from '../../core/router.ts';
import { asArray, asObject, type Json, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { BodyEdits, written } from '../body-edits.ts';
import { cutCommands } from '../cut-commands.ts';
import { leading } from '../leading.ts';
import { putAbsent, putReasoning, putSearch } from '../put-settings.ts';

/** Other words callers have here for how much to think. */
const THINKING = ['reasoning_effort', 'thinking', 'enable_thinking', 'thinking_budget'];

const SYSTEM: ReadonlySet<Json | undefined> = new Set(['system', 'developer']);

export function dress(text: string, body: JsonObject, dressing: Dressing): Dressed {
  const { prompt, generation, search, commands } = dressing;
  const edits = new BodyEdits(text, body);
  cutCommands(edits, commands, {
    list: 'messages',
    isUsers: ({ role }) => role === 'user',
    isText: ({ type }) => type === 'text',
  });
  putPrompt(edits, prompt);
  putGeneration(edits, generation);
  putSearch(edits, search);
  return { ...edits.result(), unsaid: [] };
}

/** Everybody's instructions before everybody's turns: other wires have no place for instructions after one. */
function putPrompt(edits: BodyEdits, prompt: readonly MessageTemplate[]): void {
  const messages = edits.get('messages');
  if (!Array.isArray(messages)) return;
  const own = asArray(messages);
  const count = leading(prompt, ({ role }) => role === 'system');
  const all = prompt.map(messageOf).map(written);
  const system = leading(own, (message) => SYSTEM.has(asObject(message)?.role));
  edits.insert('messages', system, all.slice(count), own);
  edits.prepend('messages', all.slice(0, count), asArray(edits.get('messages')));
}

function messageOf({ role, content, toolCalls, toolCallId }: MessageTemplate): JsonRecord {
  if (role === 'tool') return { role, tool_call_id: toolCallId ?? '', content };
  if (role !== 'assistant' || toolCalls === undefined) return { role, content };
  const calls: readonly Json[] = toolCalls.map(({ id, name, arguments: args }) => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  }));
  return { role, content: content === '' ? null : content, tool_calls: calls };
}

/** The limit by its older name, which every server of this wire knows, or declares as a quirk that it does not. */
function putGeneration(edits: BodyEdits, generation: GenerationConfig): void {
  putAbsent(edits, 'max_tokens', generation.maxTokens, ['max_completion_tokens']);
  putAbsent(edits, 'temperature', generation.temperature);
  putAbsent(edits, 'top_p', generation.topP);
  putAbsent(edits, 'frequency_penalty', generation.frequencyPenalty);
  putAbsent(edits, 'presence_penalty', generation.presencePenalty);
  putAbsent(edits, 'repetition_penalty', generation.repetitionPenalty);
  putAbsent(edits, 'stop', generation.stop);
  putAbsent(edits, 'seed', generation.seed);
  putAbsent(edits, 'logit_bias', generation.logitBias);
  if (THINKING.every((name) => edits.get(name) === undefined))
    putReasoning(edits, generation.reasoning);
}
