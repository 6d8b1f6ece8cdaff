// Redaction of an event stream: each frame as JSON, and the texts its frames bring in pieces as the texts they make up.
import { isObject, type Json } from '../../lib/json.ts';
import { SseParser, sseText } from '../../lib/sse.ts';
import { type DropPath, dropped, redactJson } from './redact-json.ts';
import type { Redaction } from './redaction.ts';

/** Members whose strings are pieces of a longer text, whichever wire it is. */
const PIECES: ReadonlySet<string> = new Set([
  'content',
  'text',
  'delta',
  'partial_json',
  'arguments',
  'thinking',
  'reasoning',
  'reasoning_content',
  'refusal',
  'summary',
  'transcript',
  'data',
  'input',
]);
/** Members that tell which text a piece is of. */
const WHICH: readonly string[] = [
  'type',
  'index',
  'output_index',
  'content_index',
  'summary_index',
  'item_id',
];

type Members = { [name: string]: Json | undefined };

/** One string in a frame that is a piece of a text. */
interface Piece {
  readonly of: Members;
  readonly name: string;
  readonly text: string;
}

interface Frame {
  readonly event: string | null;
  /** Null: its data is no JSON, and stands in `text`. */
  readonly json: Json | null;
  readonly text: string;
}

export function redactStream(
  stream: string,
  redaction: Redaction,
  drops: readonly DropPath[],
  named: Set<string>,
): string {
  const parser = new SseParser(Number.POSITIVE_INFINITY);
  // A stream that was cut has no blank line at its end.
  const frames = [...parser.push(stream), ...parser.push('\n\n')].map(
    ({ event, data, json }): Frame => {
      if (json === undefined) return { event, json: null, text: redaction.text(data, named) };
      const kept = drops.reduce<Json>((value, path) => dropped(value, path, named), json);
      return { event, json: kept, text: '' };
    },
  );
  const texts = new Map<string, Piece[]>();
  for (const { json } of frames) if (json !== null) collect(json, '', '', texts);
  for (const pieces of texts.values()) redactPieces(pieces, redaction, named);
  return frames
    .map(({ event, json, text }) => {
      const data = json === null ? text : JSON.stringify(redactJson(json, redaction, [], named));
      return sseText(data.replace(/[\r\n]+/g, ' '), event ?? undefined);
    })
    .join('');
}

/** @param which what the objects around it say of which text this is */
function collect(value: Json, path: string, which: string, texts: Map<string, Piece[]>): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collect(item, `${path}[${index}]`, which, texts);
    return;
  }
  if (!isObject(value)) return;
  const members = value as Members;
  const here = WHICH.reduce((told, name) => {
    const of = members[name];
    return typeof of === 'string' || typeof of === 'number' ? `${told}|${name}=${of}` : told;
  }, which);
  for (const [name, member] of Object.entries(members)) {
    if (typeof member === 'string') {
      if (!PIECES.has(name)) continue;
      // Its place among its siblings may change (tool calls): their own index tells them apart.
      const key = `${path.replace(/\[\d+\]/g, '[]')}.${name}${here}`;
      const pieces = texts.get(key);
      const piece = { of: members, name, text: member };
      if (pieces === undefined) texts.set(key, [piece]);
      else pieces.push(piece);
    } else if (member !== undefined) collect(member, `${path}.${name}`, here, texts);
  }
}

function redactPieces(pieces: readonly Piece[], redaction: Redaction, named: Set<string>): void {
  const whole = pieces.map(({ text }) => text).join('');
  const begins: number[] = [];
  let at = 0;
  for (const { text } of pieces) {
    begins.push(at);
    at += text.length;
  }
  const { text, marks } = redaction.marked({ text: whole, marks: begins }, named);
  if (text === whole) return;
  for (const [index, { of, name }] of pieces.entries())
    of[name] = text.slice(marks[index] ?? 0, marks[index + 1] ?? text.length);
}
