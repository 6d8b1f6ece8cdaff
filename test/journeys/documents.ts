// Markdown read as something to run: its code blocks under their headings, its curl commands and its Python call as requests.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isObject } from '../../src/lib/json.ts';

export const ROOT = resolve(import.meta.dir, '../..');

export interface Block {
  readonly heading: string;
  /** The word after the fence; empty for plain text. */
  readonly language: string;
  readonly text: string;
  /** What a comment before the block says of the providers, in the simulated provider's words: `<!-- openai: status=429 -->`. */
  readonly scenario: ReadonlyMap<string, string>;
  /**
   * What has to be there first: the first command or configuration under each of the headings that a comment names,
   * `<!-- after: first-router,change-it -->`.
   */
  readonly before: readonly Block[];
  /** The block that follows under the same heading, if one does. */
  readonly next: Pick<Block, 'language' | 'text'> | null;
}

export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The fenced blocks of a document, in order. */
export function blocksOf(markdown: string): readonly Block[] {
  const found: Omit<Block, 'before' | 'next'>[] = [];
  let heading = '';
  let scenario = new Map<string, string>();
  let open: { language: string; lines: string[] } | null = null;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) {
      if (open === null) open = { language: line.slice(3).trim(), lines: [] };
      else {
        const { language, lines } = open;
        found.push({ heading, language, text: lines.join('\n'), scenario });
        open = null;
        scenario = new Map();
      }
    } else if (open !== null) open.lines.push(line);
    else if (/^#+ /.test(line)) heading = line.replace(/^#+ /, '');
    else {
      const said = /^<!-- ([a-z-]+): (\S+) -->$/.exec(line);
      if (said?.[1] && said[2]) scenario.set(said[1], said[2]);
    }
  }
  const blocks: Block[] = [];
  for (const [at, block] of found.entries()) {
    const next = found[at + 1];
    const before = (block.scenario.get('after') ?? '')
      .split(',')
      .filter((name) => name !== '')
      .map((name) => groundUnder(name, blocks));
    blocks.push({ ...block, before, next: next?.heading === block.heading ? next : null });
  }
  return blocks;
}

/** @param name of a heading as a link to it is written */
function groundUnder(name: string, blocks: readonly Block[]): Block {
  const found = blocks.find(
    ({ heading, language }) =>
      ['sh', 'yaml'].includes(language) &&
      heading
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-') === name,
  );
  if (found === undefined) throw new Error(`no example stands under "#${name}" before it is used`);
  return found;
}

export interface Command {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | FormData | null;
}

/** A curl command as the request it makes. Knows `-X`, `-H`, `-d`, `-F` and `-o`; anything else is an error of the document's. */
export function readCurl(text: string, environment: { readonly [name: string]: string }): Command {
  const [program, ...words] = shellWords(text, environment);
  if (program !== 'curl') throw new Error(`not a curl command: ${program}`);
  const headers: { [name: string]: string } = {};
  let method: string | null = null;
  let url: string | null = null;
  let body: string | null = null;
  const form = new FormData();
  let isForm = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const value = () => {
      at += 1;
      return words[at] ?? '';
    };
    if (word === '-X') method = value();
    else if (word === '-H') {
      const header = value();
      const colon = header.indexOf(':');
      headers[header.slice(0, colon).toLowerCase()] = header.slice(colon + 1).trim();
    } else if (word === '-d') body = value();
    else if (word === '-o') value();
    else if (word === '-N') continue;
    else if (word === '-F') {
      const [name = '', text = ''] = value().split(/=(.*)/s);
      isForm = true;
      if (text.startsWith('@')) form.set(name, new Blob(['sound']), text.slice(1));
      else form.set(name, text);
    } else if (!word.startsWith('-') && url === null) url = word;
    else throw new Error(`curl ${word} is not known here`);
  }
  if (url === null) throw new Error('a curl command without an address');
  // As curl itself does where nobody says what the body is.
  if (body !== null) headers['content-type'] ??= 'application/x-www-form-urlencoded';
  const sent = isForm ? form : body;
  return { method: method ?? (sent === null ? 'GET' : 'POST'), url, headers, body: sent };
}

/** Words of a POSIX shell: both kinds of quotes, `$NAME`, a backslash before a line's end. */
function shellWords(text: string, environment: { readonly [name: string]: string }): string[] {
  const words: string[] = [];
  const pattern = /\\\n|'([^']*)'|"([^"]*)"|([^\s'"\\]+)|(\s+)/g;
  let word: string | null = null;
  const expand = (part: string) =>
    part.replace(/\$([A-Z_]+)/g, (_, name: string) => environment[name] ?? '');
  for (const [whole, single, double, bare, blank] of text.trim().matchAll(pattern)) {
    if (blank !== undefined || whole === '\\\n') {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + (single ?? expand(double ?? bare ?? ''));
  }
  if (word !== null) words.push(word);
  return words;
}

export interface PythonCall {
  /** The arguments of `OpenAI(…)`. */
  readonly client: { readonly [name: string]: unknown };
  /** The body that OpenAI's Python library sends: its `extra_body` joins the top level. */
  readonly body: { readonly [name: string]: unknown };
}

/** The client and the call of a Python example, read without Python: keyword arguments of literals only. */
export function readPython(text: string): PythonCall {
  const { extra_body, ...body } = argumentsOf(text, 'client.chat.completions.create(');
  return {
    client: argumentsOf(text, 'OpenAI('),
    body: { ...body, ...(isObject(extra_body) ? extra_body : {}) },
  };
}

function argumentsOf(text: string, call: string): { [name: string]: unknown } {
  const start = text.indexOf(call) + call.length;
  const end = text.indexOf('\n)', start);
  const line = text.indexOf(')\n', start);
  const inside = text.slice(start, end === -1 || (line !== -1 && line < end) ? line : end);
  const json = inside
    .replace(/#.*$/gm, '')
    .replace(/\bTrue\b/g, 'true')
    .replace(/\bFalse\b/g, 'false')
    .replace(/\bNone\b/g, 'null')
    .replace(/(^|,)\s*([a-z_]+)=/g, '$1"$2":')
    .replace(/,\s*([}\]]|$)/g, '$1');
  return JSON.parse(`{${json}}`);
}

/**
 * Where a reply departs from a document's example of it; null where it does not. Names and words must be the same, `…` in a
 * text stands for anything, and numbers need only be numbers: an example cannot know how long something took.
 */
export function departs(example: unknown, reply: unknown, path = 'reply'): string | null {
  if (example === '…') return reply === undefined ? `${path} is not there` : null;
  if (typeof example === 'string') {
    const pattern = example
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*');
    const same = typeof reply === 'string' && new RegExp(`^${pattern}$`, 's').test(reply);
    return same ? null : `${path} is ${JSON.stringify(reply)}`;
  }
  if (typeof example === 'number') {
    const exact = path.endsWith('status_code');
    if (exact ? reply === example : typeof reply === 'number') return null;
    return `${path} is ${JSON.stringify(reply)}`;
  }
  if (Array.isArray(example)) {
    if (!Array.isArray(reply) || reply.length !== example.length)
      return `${path} is ${JSON.stringify(reply)}`;
    return first(example.map((value, at) => departs(value, reply[at], `${path}[${at}]`)));
  }
  if (isObject(example)) {
    if (!isObject(reply)) return `${path} is ${JSON.stringify(reply)}`;
    const unknown = Object.keys(reply).find((name) => !(name in example));
    if (unknown !== undefined) return `${path}.${unknown} is not in the example`;
    return first(
      Object.entries(example).map(([name, value]) =>
        departs(value, reply[name], `${path}.${name}`),
      ),
    );
  }
  return example === reply ? null : `${path} is ${JSON.stringify(reply)}`;
}

function first(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}
