// How many tokens a call has, estimated: for models whose provider does not count them.
import { estimateTokenCount } from 'tokenx';
import type { ChatCall, DocumentPart, MediaSource, Message, Part, Tool } from '../core/call.ts';

/** What a turn's role and borders cost, roughly, with every maker. */
const PER_MESSAGE = 4;
/** What declaring a tool costs beyond its words. Makers that put a prompt of their own before tools (300 to 500 tokens) are not followed. */
const PER_TOOL = 12;
/** An image of ordinary size; the size is not known without decoding it (platform.claude.com/docs/en/build-with-claude/vision: up to about 1,600). */
const PER_IMAGE = 1500;
/** A base64 character of a PDF, at some 60 kB and 2,000 tokens a page. */
const PER_PDF_CHAR = 2000 / 80_000;
/** A base64 character of compressed speech: some 10 tokens a second at 4 kB. */
const PER_AUDIO_CHAR = 10 / 5_500;

/** How a plain text is counted. */
type Measure = (text: string) => number;

/** Input tokens, estimated from characters: close for long texts, rough for tools, a guess for media. */
export function estimateTokens(call: ChatCall): number {
  return tokensOf(call, textTokens);
}

/** The same by length alone, for where it must cost nothing: four characters a token, as latin text has. */
export function roughTokens(call: ChatCall): number {
  return tokensOf(call, (text) => text.length / 4);
}

function tokensOf(call: ChatCall, measure: Measure): number {
  let total = 0;
  for (const message of call.messages) total += ofMessage(message, measure);
  for (const tool of call.tools) total += PER_TOOL + ofTool(tool, measure);
  if (call.output.type === 'json-schema') total += measure(JSON.stringify(call.output.schema));
  return Math.max(1, Math.ceil(total));
}

function ofMessage(message: Message, measure: Measure): number {
  let total = PER_MESSAGE;
  for (const part of message.parts) total += ofPart(part, measure);
  return total;
}

function ofPart(part: Part, measure: Measure): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return measure(part.text);
    case 'image':
      return PER_IMAGE;
    case 'document':
      return ofDocument(part, measure);
    case 'audio':
      return part.data.length * PER_AUDIO_CHAR;
    case 'tool-use':
      return measure(part.name) + measure(part.arguments);
    case 'tool-result': {
      let total = PER_MESSAGE;
      for (const inner of part.content) total += ofPart(inner, measure);
      return total;
    }
    case 'redacted-reasoning':
      return measure(part.data);
    case 'opaque':
      return measure(JSON.stringify(part.value));
  }
}

function ofDocument({ source, title, context }: DocumentPart, measure: Measure): number {
  return measure(title ?? '') + measure(context ?? '') + ofSource(source, measure);
}

/** What stands elsewhere (a URL, an uploaded file) counts as one page. */
function ofSource(source: MediaSource, measure: Measure): number {
  switch (source.kind) {
    case 'text':
      return measure(source.text);
    case 'base64':
      return source.data.length * PER_PDF_CHAR;
    case 'url':
    case 'file':
      return 2000;
  }
}

function ofTool(tool: Tool, measure: Measure): number {
  if (tool.type === 'opaque') return measure(JSON.stringify(tool.value));
  return (
    measure(tool.name) +
    measure(tool.description ?? '') +
    measure(JSON.stringify((tool.type === 'custom' ? tool.format : tool.parameters) ?? {}))
  );
}

/** A plain text's. */
export function textTokens(text: string): number {
  return text === '' ? 0 : estimateTokenCount(text);
}
