// Blocks of text that only Anthropic's wire has a form for (search results, documents made of blocks), told in words: elsewhere
// a tool's whole result would be lost with them.
import type { ChatCall, Message, OpaquePart, Part, TextPart } from '../core/call.ts';
import { asObject, asObjects, asString, type JsonObject } from '../lib/json.ts';

type Lose = (path: string, problem: string) => void;

/** The same call where it has no such block. */
export function toldInWords(call: ChatCall, lose: Lose): ChatCall {
  let changed = false;
  const inWords = <P extends Part>(part: P, path: string): P | TextPart => {
    const text = part.type === 'opaque' ? textOf(part) : null;
    if (text === null) return part;
    changed = true;
    lose(path, `${String((part as OpaquePart).value.type)} sent as plain text, which is not cited`);
    return { type: 'text', text, ...(part.cache === undefined ? {} : { cache: part.cache }) };
  };
  const messages = call.messages.map((message): Message => {
    const parts = message.parts.map((part, at): Part => {
      const path = `${message.path}.content[${at}]`;
      if (part.type !== 'tool-result') return inWords(part, path);
      const content = part.content.map((inner, index) =>
        inWords(inner, `${path}.content[${index}]`),
      );
      return { ...part, content };
    });
    return { ...message, parts };
  });
  return changed ? { ...call, messages } : call;
}

/** Null for what is not text. */
function textOf({ dialect, value }: OpaquePart): string | null {
  if (dialect !== 'anthropic-messages') return null;
  if (value.type === 'search_result')
    return written('Search result', [value.title, value.source], asObjects(value.content));
  const source = value.type === 'document' ? asObject(value.source) : undefined;
  if (source?.type !== 'content') return null;
  if (typeof source.content === 'string')
    return written('Document', [value.title, value.context], [{ text: source.content }]);
  const blocks = asObjects(source.content);
  return blocks.every(({ type }) => type === 'text')
    ? written('Document', [value.title, value.context], blocks)
    : null;
}

function written(what: string, about: readonly unknown[], blocks: readonly JsonObject[]): string {
  const heading = about.filter((word) => typeof word === 'string' && word !== '').join(', ');
  const text = blocks.map((block) => asString(block.text) ?? '').join('\n\n');
  return `${what}${heading === '' ? '' : ` (${heading})`}:\n${text}`;
}
