// Answers that were recorded without their HTTP exchange, made into interactions: captured cases of one scenario, and vendors' fixtures.
import { join } from 'node:path';
import {
  asArray,
  asObject,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { filesUnder } from './find-recordings.ts';
import type { Recording, Wire } from './http-recordings.ts';

/** Folder of fixtures → the provider that answered. */
const VENDORS: readonly (readonly [folder: string, provider: string])[] = [
  ['alibaba', 'qwen'],
  ['anthropic', 'anthropic'],
  ['cerebras', 'cerebras'],
  ['deepseek', 'deepseek'],
  ['groq', 'groq'],
  ['mistral', 'mistral'],
  ['moonshotai', 'moonshot'],
  ['openai-compatible', 'xai'],
  ['openai/src/chat', 'openai'],
  ['perplexity', 'perplexity'],
  ['xai', 'xai'],
];
/** The wire of a captured case's part, by the name it has there; parts of other wires are not here. */
const FORMATS: { readonly [format: string]: Wire } = {
  'chat-completions': 'openai-chat',
  anthropic: 'anthropic-messages',
};
/** Made by hand elsewhere to be unlawful: another answer begins inside this one. */
const UNLAWFUL = /spliced-message-start/;

export function fixtureRecordings(folder: string): Recording[] {
  const cases = filesUnder(join(folder, 'lingua'), '.json').flatMap(({ name, text }) =>
    capturedCase(name.replace('.json', ''), asObject(parseJson(text)) ?? {}),
  );
  const fixtures = VENDORS.flatMap(([vendor, provider]) => {
    const files = ['.json', '.chunks.txt', '.sse'].flatMap((suffix) =>
      filesUnder(join(folder, 'vercel-ai/packages', vendor), suffix),
    );
    return files.flatMap(({ name, text }) => fixture(vendor, provider, name, text));
  });
  return [...cases, ...fixtures];
}

function capturedCase(name: string, file: JsonObject): Recording[] {
  const found: Recording[] = [];
  const add = (id: string, wire: Wire, request: JsonObject | null, answer: Json | undefined) => {
    const body = bodyOf(wire, answer);
    if (body === null) return;
    const asked = request && asAsked(request, wire, body.chunked);
    found.push(recordingOf('lingua', `${name} ${id}`, wire, providerOf(wire), asked, body));
  };
  for (const [format, part] of Object.entries(asObject(file.providers) ?? {})) {
    const wire = FORMATS[format];
    if (wire === undefined) continue;
    for (const turn of ['', 'followup_']) {
      const request = asObject(asObject(part)?.[`${turn}request`]) ?? null;
      for (const answer of ['response', 'response_streaming'])
        add(`${turn}${answer}`, wire, request, asObject(part)?.[turn + answer]);
    }
  }
  for (const [transform, part] of Object.entries(asObject(file.transforms) ?? {})) {
    const wire = FORMATS[transform.split('_to_')[1] ?? ''];
    if (wire === undefined) continue;
    const request = asObject(asObject(part)?.expected_request) ?? null;
    for (const answer of ['captured_target_response', 'captured_target_stream'])
      add(`${transform} ${answer}`, wire, request, asObject(part)?.[answer]);
  }
  return found;
}

/** One request stands there for the whole answer and the streamed one, which was asked for with its usage. */
function asAsked(request: JsonObject, wire: Wire, stream: boolean): JsonObject {
  const { stream: _, stream_options: _o, ...rest } = request;
  if (!stream) return rest;
  const usage = wire === 'openai-chat' ? { stream_options: { include_usage: true } } : {};
  return { ...rest, stream: true, ...usage };
}

function providerOf(wire: Wire): string {
  return wire === 'openai-chat' ? 'openai' : 'anthropic';
}

function fixture(vendor: string, provider: string, name: string, text: string): Recording[] {
  if (UNLAWFUL.test(name)) return [];
  const wire = provider === 'anthropic' ? 'anthropic-messages' : 'openai-chat';
  const file = `vercel-ai/${vendor.split('/')[0]}`;
  return bodiesIn(wire, name, text).flatMap((body, index) =>
    body === null ? [] : recordingOf(file, `${name} ${index}`, wire, provider, null, body),
  );
}

function bodiesIn(wire: Wire, name: string, text: string): (Body | null)[] {
  if (name.endsWith('.sse')) return [{ text, chunked: true }];
  if (name.endsWith('.json')) return [bodyOf(wire, parseJson(text))];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const messages = messagesIn(lines.map((line) => parseJson(line) as Json));
  return messages.map((message) => bodyOf(wire, message));
}

/** A file of chunks may hold several messages, one after the other. */
function messagesIn(chunks: readonly Json[]): Json[][] {
  const messages: Json[][] = [[]];
  for (const chunk of chunks) {
    messages.at(-1)?.push(chunk);
    if (asObject(chunk)?.type === 'message_stop') messages.push([]);
  }
  return messages.filter((message) => message.length > 0);
}

interface Body {
  readonly text: string;
  readonly chunked: boolean;
}

/** The answer as its wire would send it; null where it is no answer of this wire. */
function bodyOf(wire: Wire, answer: Json | undefined): Body | null {
  const chat = wire === 'openai-chat';
  if (Array.isArray(answer)) {
    const chunks = asArray(answer).map((chunk) => asObject(chunk) ?? {});
    // Some captures hold a whole message where their stream should be.
    if (chunks.length === 0 || chunks[0]?.type === 'message') return null;
    if (chat && chunks.every((chunk) => chunk.choices === undefined)) return null;
    const frames = chunks.map((chunk) => {
      const data = `data: ${JSON.stringify(chunk)}\n\n`;
      return chat ? data : `event: ${asString(chunk.type)}\n${data}`;
    });
    return { text: frames.join('') + (chat ? 'data: [DONE]\n\n' : ''), chunked: true };
  }
  const whole = asObject(answer);
  const isAnswer = chat ? Array.isArray(whole?.choices) : whole?.type === 'message';
  return isAnswer ? { text: JSON.stringify(whole, null, 2), chunked: false } : null;
}

function recordingOf(
  file: string,
  id: string,
  wire: Wire,
  provider: string,
  request: JsonObject | null,
  body: Body,
): Recording {
  const type = body.chunked ? 'text/event-stream' : 'application/json';
  return {
    id,
    file,
    wire,
    provider,
    request,
    requestHeaders: {},
    response: {
      status: 200,
      headers: { 'content-type': type },
      body: body.text,
      chunked: body.chunked,
    },
  };
}
