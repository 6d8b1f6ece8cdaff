// Prompt-cache marks the gateway sets when it was asked to: at the end of the tools, of the system prompt and of the latest
// turn, which is where a conversation that grows finds what it wrote the last time. A caller's own marks are never touched.
import type { CacheMark, ChatCall, Message, Part, Tool } from '../core/call.ts';
import { ADDED_PATH } from './continue-call.ts';

export interface MarkedCall {
  readonly call: ChatCall;
  /** The places that got a mark; empty where the caller has marks of their own. */
  readonly added: readonly string[];
}

export function withCacheMarks(call: ChatCall, ttl: CacheMark['ttl']): MarkedCall {
  if (isMarked(call)) return { call, added: [] };
  const mark: CacheMark = { ttl };
  const added: string[] = [];
  const lastTool = call.tools.findLastIndex((tool) => tool.type !== 'opaque');
  const tools = call.tools.map((tool, at): Tool => {
    if (at !== lastTool || tool.type === 'opaque') return tool;
    added.push(`tools[${at}]`);
    return { ...tool, cache: mark };
  });
  const turns = call.messages.findIndex(({ role }) => role === 'user' || role === 'assistant');
  const system = turns - 1;
  // A turn that only asks to go on with this one answer is never said again.
  const latest = call.messages.findLastIndex(
    ({ role, path }) => role === 'user' && path !== ADDED_PATH,
  );
  const messages = call.messages.map((message, at) => {
    if (at !== system && at !== latest) return message;
    const marked = markLast(message, mark);
    if (marked !== message) added.push(message.path);
    return marked;
  });
  return { call: { ...call, tools, messages }, added };
}

function isMarked({ tools, messages }: ChatCall): boolean {
  return (
    tools.some((tool) => tool.type !== 'opaque' && tool.cache !== undefined) ||
    messages.some(({ parts }) => parts.some(isMarkedPart))
  );
}

function isMarkedPart(part: Part): boolean {
  if (part.cache !== undefined) return true;
  return part.type === 'tool-result' && part.content.some((inner) => inner.cache !== undefined);
}

/** The message with a mark on its last part that can have one. */
function markLast(message: Message, mark: CacheMark): Message {
  const last = message.parts.findLastIndex(takesMark);
  if (last === -1) return message;
  const parts = message.parts.map((part, at) => (at === last ? { ...part, cache: mark } : part));
  return { ...message, parts };
}

/** Empty texts are refused with a mark on them. */
function takesMark(part: Part): boolean {
  return part.type === 'text'
    ? part.text.trim() !== ''
    : part.type === 'image' || part.type === 'document' || part.type === 'tool-result';
}
