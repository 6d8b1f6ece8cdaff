// An assistant turn → one message of this wire: its texts, its calls, and its reasoning where the target wants it back.
import type {
  Message,
  Part,
  ReasoningPart,
  RedactedReasoningPart,
  TextPart,
  ToolUsePart,
} from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Quirks } from '../../core/provider.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { asArguments } from '../custom-tools.ts';
import { extraMember, isExtra, standInFor } from './call-extras.ts';
import { joinTexts, textPart } from './encode-parts.ts';
import { encodeReasoningParts, thinkingParts } from './encode-reasoning.ts';
import type { EncodingNotes } from './encoding-notes.ts';
import { fitToolId } from './tool-ids.ts';

/** The kinds of parts, which this wire keeps in members of their own. */
interface Sorted {
  readonly texts: TextPart[];
  /** Content parts only this wire knows. */
  readonly own: JsonRecord[];
  readonly calls: ToolUsePart[];
  readonly reasoning: (ReasoningPart | RedactedReasoningPart)[];
  /** State of their makers', by call. */
  readonly extras: Map<ToolUsePart, string>;
  /** That of the call that follows. */
  extra: string | null;
  refusal: string | null;
  audio: Json | undefined;
}

/** None where the turn was nothing but thought that stays behind. */
export function encodeAssistant(
  message: Message,
  target: Target,
  notes: EncodingNotes,
): JsonRecord[] {
  const { quirks } = target;
  const sorted = sort(message, target, notes);
  const standIn = sorted.extras.size === 0 ? standInFor(target) : null;
  const calls = sorted.calls.map((part, at) => ({
    ...toolCall(part, quirks),
    ...extraMember(sorted.extras.get(part) ?? null),
    ...(at === 0 && standIn !== null ? { extra_content: standIn as JsonRecord } : {}),
  }));
  notes.dropMarks(sorted.calls);
  const lose = (problem: string): void => notes.lose(message.path, problem);
  const inContent = quirks.reasoningField === 'thinking-parts';
  const thoughts = inContent
    ? {}
    : encodeReasoningParts(sorted.reasoning, calls.length > 0, quirks, lose);
  const content = contentOf(
    inContent
      ? { ...sorted, own: [...thinkingParts(sorted.reasoning, target, lose), ...sorted.own] }
      : sorted,
    target,
    notes,
  );
  if (
    content === '' &&
    sorted.audio === undefined &&
    sorted.reasoning.length > 0 &&
    Object.keys(thoughts).length === 0
  )
    return [];
  return [
    {
      role: 'assistant',
      ...(message.name === undefined || quirks.messageNames === false
        ? {}
        : { name: message.name }),
      content,
      ...thoughts,
      ...(sorted.refusal === null ? {} : { refusal: sorted.refusal }),
      ...(sorted.audio === undefined ? {} : { audio: sorted.audio }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ];
}

function sort(message: Message, target: Target, notes: EncodingNotes): Sorted {
  const sorted: Sorted = {
    texts: [],
    own: [],
    calls: [],
    reasoning: [],
    extras: new Map(),
    extra: null,
    refusal: null,
    audio: undefined,
  };
  message.parts.forEach((part, at) => {
    const path = `${message.path}.content[${at}]`;
    if (part.type === 'redacted-reasoning' && isExtra(part)) {
      if (target.quirks.callExtras === true) sorted.extra = part.data;
      else notes.lose(path, 'what came with a tool call is of use only to its maker');
    } else place(part, path, sorted, notes);
  });
  return sorted;
}

function place(part: Part, path: string, sorted: Sorted, notes: EncodingNotes): void {
  switch (part.type) {
    case 'text':
      sorted.texts.push(part);
      if (sorted.calls.length > 0 && part.text !== '')
        notes.lose(path, 'what was said after a tool call stands before it');
      if (part.citations !== undefined)
        notes.lose(`${path}.citations`, 'an answer that goes back carries none');
      return;
    case 'tool-use':
      sorted.calls.push(part);
      if (sorted.extra !== null) sorted.extras.set(part, sorted.extra);
      sorted.extra = null;
      return;
    case 'reasoning':
    case 'redacted-reasoning':
      sorted.reasoning.push(part);
      return;
    case 'refusal':
      sorted.refusal = (sorted.refusal ?? '') + part.text;
      return;
    case 'opaque':
      if (part.dialect !== 'openai-chat') notes.loseOpaque(path, part.dialect, part.value.type);
      else if (part.value.type === 'audio') sorted.audio = part.value.audio;
      else sorted.own.push(part.value as JsonRecord);
      return;
    case 'image':
    case 'document':
    case 'audio':
    case 'tool-result':
      notes.lose(path, `${part.type} in an assistant turn cannot be carried`);
      return;
  }
}

/** Texts of an answer are one text that citations cut up: nothing goes between them. */
function contentOf(
  { texts, own, calls, refusal }: Sorted,
  target: Target,
  notes: EncodingNotes,
): Json {
  const marked =
    target.quirks.cacheControl === true && texts.some((part) => part.cache !== undefined);
  if (own.length > 0 || marked) {
    const parts = texts.map((part) => notes.withMark(textPart(part.text), part.cache));
    // Thoughts come before what was said after them.
    const thoughts = own.filter((part) => part.type === 'thinking');
    return [...thoughts, ...parts, ...own.filter((part) => part.type !== 'thinking')];
  }
  notes.dropMarks(texts);
  const text = joinTexts(texts, '');
  return text === '' && (calls.length > 0 || refusal !== null) ? null : text;
}

/** A call of a free-text tool is one of the function it was offered as, where the target has no such tools. */
function toolCall(part: ToolUsePart, { toolIdFormat, customTools }: Quirks): JsonRecord {
  const id = fitToolId(part.id, toolIdFormat);
  if (part.custom && customTools === true)
    return { id, type: 'custom', custom: { name: part.name, input: part.arguments } };
  return {
    id,
    type: 'function',
    function: { name: part.name, arguments: argumentsOf(part) },
  };
}

/** A call without arguments is written as an empty object: servers parse them. */
function argumentsOf(part: ToolUsePart): string {
  if (part.custom) return asArguments(part.arguments);
  return part.arguments === '' ? '{}' : part.arguments;
}
