// An assistant turn → its items, in the order they were made: reasoning before the call or text it led to.
import type {
  Message,
  Part,
  ReasoningPart,
  RedactedReasoningPart,
  ToolUsePart,
} from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { fitToolId } from '../openai-chat/tool-ids.ts';
import type { CallNotes } from './call-notes.ts';
import { DIALECT } from './hosted-tools.ts';
import { ownReasoningItem, plainReasoningItem } from './reasoning-items.ts';

export function encodeAssistantTurn(
  message: Message,
  target: Target,
  notes: CallNotes,
): JsonRecord[] {
  const items: JsonRecord[] = [];
  const hasCalls = message.parts.some(({ type }) => type === 'tool-use');
  let lost = false;
  notes.dropMarks(message.parts);
  message.parts.forEach((part, at) => {
    const path = `${message.path}.content[${at}]`;
    switch (part.type) {
      case 'text':
      case 'refusal':
        addContent(items, part);
        return;
      case 'tool-use':
        items.push(callItem(part, target));
        return;
      case 'reasoning':
      case 'redacted-reasoning': {
        const item = reasoningItem(part, target);
        if (item !== null) items.push(item);
        else lost = true;
        return;
      }
      case 'opaque':
        if (part.dialect === DIALECT) items.push(part.value as JsonRecord);
        else notes.loseOpaque(path, part.dialect, part.value.type);
        return;
      case 'image':
      case 'document':
      case 'audio':
      case 'tool-result':
        notes.lose(path, `${part.type} in an assistant turn cannot be carried`);
        return;
    }
  });
  // Reasoning of turns that are over is of no use to the model; between tool calls it is the train of thought.
  if (lost && hasCalls)
    notes.lose(message.path, 'reasoning of another maker before a tool call is not taken here');
  dropTrailingReasoning(items, message.path, notes);
  return items;
}

/** Texts of an answer are one text that citations cut up: nothing goes between them. */
function addContent(items: JsonRecord[], part: Part & { type: 'text' | 'refusal' }): void {
  if (part.text === '') return;
  const last = items.at(-1);
  const open = last?.type === 'message' ? last : null;
  if (part.type === 'text' && (open === null || typeof open.content === 'string')) {
    const before = open === null ? '' : String(open.content);
    if (open !== null) items.pop();
    items.push({ type: 'message', role: 'assistant', content: before + part.text });
    return;
  }
  const before =
    open === null
      ? []
      : typeof open.content === 'string'
        ? [{ type: 'output_text', text: open.content }]
        : (open.content as readonly JsonRecord[]);
  if (open !== null) items.pop();
  const added: JsonRecord =
    part.type === 'text'
      ? { type: 'output_text', text: part.text }
      : { type: 'refusal', refusal: part.text };
  items.push({ type: 'message', role: 'assistant', content: [...before, added] });
}

function callItem(part: ToolUsePart, { quirks }: Target): JsonRecord {
  const call_id = fitToolId(part.id, quirks.toolIdFormat);
  if (part.custom === true)
    return { type: 'custom_tool_call', call_id, name: part.name, input: part.arguments };
  return {
    type: 'function_call',
    call_id,
    name: part.name,
    // A call without arguments is written as an empty object: servers parse them.
    arguments: part.arguments === '' ? '{}' : part.arguments,
  };
}

/** Null where it is of no use to this maker: state of another's, or text where no text is taken back. */
function reasoningItem(
  part: ReasoningPart | RedactedReasoningPart,
  { quirks }: Target,
): JsonRecord | null {
  const state: ReasoningPart =
    part.type === 'reasoning'
      ? part
      : {
          type: 'reasoning',
          text: '',
          signature: part.data,
          ...(part.format === undefined ? {} : { format: part.format }),
        };
  const own = ownReasoningItem(state);
  if (own !== null) return own as JsonRecord;
  if (part.type !== 'reasoning' || quirks.reasoningReplay === undefined) return null;
  return plainReasoningItem(part) as JsonRecord | null;
}

/** Recorded: "Item 'rs_…' of type 'reasoning' was provided without its required following item." */
function dropTrailingReasoning(items: JsonRecord[], path: string, notes: CallNotes): void {
  let dropped = false;
  while (items.at(-1)?.type === 'reasoning') {
    items.pop();
    dropped = true;
  }
  if (dropped) notes.lose(path, 'reasoning that led to nothing is not taken back');
}
