// Recorded answers of the openai-responses wire, whole and streamed, and what each says, read the plain way.
import { join } from 'node:path';
import {
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { sseText } from '../../src/lib/sse.ts';
import { filesUnder, interactions } from './find-recordings.ts';
import { framesOf, type RecordedUsage } from './recorded-answers.ts';

export interface RecordedResponse {
  readonly name: string;
  readonly request: JsonObject | null;
  /** Of a streamed answer: the body as it came. */
  readonly stream: string | null;
  readonly reply: JsonObject | null;
}

/** Every answer to `POST …/responses`; those to the endpoints beside it are not answers of this kind. */
export function recordedResponses(folder: string): RecordedResponse[] {
  return [...recordedHttp(folder), ...captured(folder), ...fixtures(folder)];
}

/** The error replies among them. */
export function recordedRefusals(
  folder: string,
): { name: string; status: number; body: JsonObject | undefined; text: string }[] {
  return httpInteractions(folder).flatMap(({ name, response }) => {
    if (response.status < 400) return [];
    const text = response.body ?? '';
    return [{ name, status: response.status, body: asObject(parseJson(text)), text }];
  });
}

function httpInteractions(folder: string) {
  return ['pydantic-ai', 'openllmetry'].flatMap((source) =>
    filesUnder(join(folder, source), '.responses.jsonl').flatMap(({ name }) =>
      interactions(join(folder, source, name)).flatMap(({ id, request, response }) => {
        const path = new URL(request.url).pathname;
        return path.endsWith('/responses')
          ? [{ name: `${source}/${name} ${id}`, request, response }]
          : [];
      }),
    ),
  );
}

function recordedHttp(folder: string): RecordedResponse[] {
  return httpInteractions(folder).flatMap(({ name, request, response }) => {
    if (response.status !== 200) return [];
    const body = response.body ?? '';
    const reply = asObject(parseJson(body)) ?? null;
    const asked = asObject(parseJson(request.body ?? '')) ?? null;
    return [{ name, request: asked, reply, stream: reply === null ? body : null }];
  });
}

function captured(folder: string): RecordedResponse[] {
  return filesUnder(join(folder, 'lingua'), '.json').flatMap(({ name, text }) => {
    const file = asObject(parseJson(text)) ?? {};
    const own = asObject(asObject(file.providers)?.responses) ?? {};
    const found = ['', 'followup_'].flatMap((turn) => [
      answer(`${name} ${turn}response`, own[`${turn}response`], own[`${turn}request`]),
      answer(
        `${name} ${turn}response_streaming`,
        own[`${turn}response_streaming`],
        own[`${turn}request`],
      ),
    ]);
    for (const [transform, part] of Object.entries(asObject(file.transforms) ?? {})) {
      if (!transform.endsWith('_to_responses')) continue;
      const { captured_target_response: whole, captured_target_stream: chunks } =
        asObject(part) ?? {};
      found.push(answer(`${name} ${transform}`, whole, null));
      found.push(answer(`${name} ${transform} stream`, chunks, null));
    }
    return found.flat();
  });
}

function answer(
  name: string,
  value: Json | undefined,
  request: Json | undefined,
): RecordedResponse[] {
  const asked = asObject(request) ?? null;
  if (Array.isArray(value)) {
    const chunks = asObjects(value);
    // Some captures hold a whole response where their stream should be, and one holds events nobody ever sent.
    if (chunks.length === 0 || chunks.some(({ type }) => typeof type !== 'string')) return [];
    return [{ name, request: asked, reply: null, stream: chunks.map(frame).join('') }];
  }
  const reply = asObject(value);
  return reply?.object === 'response' ? [{ name, request: asked, reply, stream: null }] : [];
}

function frame(chunk: JsonObject): string {
  return sseText(JSON.stringify(chunk), asString(chunk.type));
}

function fixtures(folder: string): RecordedResponse[] {
  return ['openai', 'xai', 'open-responses'].flatMap((vendor) => {
    const place = join(folder, 'vercel-ai/packages', vendor, 'src/responses/__fixtures__');
    const whole = filesUnder(place, '.json').map(({ name, text }) => ({
      name: `vercel-ai/${vendor} ${name}`,
      request: null,
      reply: asObject(parseJson(text)) ?? null,
      stream: null,
    }));
    const streamed = filesUnder(place, '.chunks.txt').flatMap(({ name, text }) =>
      streamsIn(text).map((stream, at) => ({
        name: `vercel-ai/${vendor} ${name}${at === 0 ? '' : ` ${at}`}`,
        request: null,
        reply: null,
        stream,
      })),
    );
    return [...whole, ...streamed];
  });
}

/** A file may hold several answers, one after the other. */
function streamsIn(text: string): string[] {
  const streams: string[] = [];
  for (const line of text.split('\n')) {
    const data = line.startsWith('data:') ? line.slice(5).trim() : line;
    if (data.trim() === '') continue;
    const type = asString(asObject(parseJson(data))?.type);
    if (type === 'response.created' || streams.length === 0) streams.push('');
    streams.push((streams.pop() ?? '') + sseText(data, type));
  }
  return streams;
}

/** What an answer says: no states, no blocks, only sums over its items. */
export interface SaidResponse {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  /** The encrypted states, in order. */
  readonly states: readonly string[];
  readonly calls: readonly (readonly [id: string, name: string, input: string])[];
  /** Types of the items that only this wire can carry; sorted, for they are told when they are whole. */
  readonly opaque: readonly string[];
  readonly citedUrls: number;
  readonly citedOtherwise: number;
  readonly usage: RecordedUsage;
}

/** The items of a whole reply; of a stream, those that were finished one by one, else those of the last event. */
export function saidIn(reply: JsonObject): SaidResponse {
  return sums(asObjects(reply.output), reply);
}

/** Undefined where the stream holds an error. */
export function saidInStream(stream: string): SaidResponse | undefined {
  const events = framesOf(stream).map(({ data }) => asObject(data) ?? {});
  if (events.some(({ type }) => type === 'error' || type === 'response.failed')) return undefined;
  const done = new Map<number, JsonObject>();
  for (const event of events)
    if (event.type === 'response.output_item.done')
      done.set(asNumber(event.output_index) ?? done.size, asObject(event.item) ?? {});
  const last = asObject(
    events.findLast(({ type }) =>
      ['response.completed', 'response.incomplete'].includes(String(type)),
    )?.response,
  );
  if (last === undefined) return undefined;
  // Recorded: items that are begun and never finished one by one, and last events that number the items anew.
  const ids = new Set([...done.values()].map(({ id }) => id));
  asObjects(last.output).forEach((item, at) => {
    if (!done.has(at) && !ids.has(item.id)) done.set(at, item);
  });
  const items = [...done].sort(([a], [b]) => a - b).map(([, item]) => item);
  const tools = asObject(events.find(({ type }) => type === 'response.created')?.response)?.tools;
  return sums(items, { tools, ...last });
}

function sums(items: readonly JsonObject[], response: JsonObject): SaidResponse {
  const tools = asObjects(response.tools);
  const offered = (name: string) =>
    tools.length === 0 || tools.some((tool) => tool.type === 'custom' && tool.name === name);
  const isCall = (item: JsonObject) =>
    item.type === 'function_call' ||
    (item.type === 'custom_tool_call' && offered(String(item.name)));
  const parts = items
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => asObjects(content));
  const thoughts = items.filter(({ type }) => type === 'reasoning');
  const annotations = parts.flatMap((part) => asObjects(part.annotations));
  const urls = annotations.filter(({ type }) => type === 'url_citation').length;
  const known = ['message', 'reasoning'];
  return {
    text: parts.map((part) => (part.type === 'output_text' ? asString(part.text) : '')).join(''),
    refusal: parts.map((part) => asString(part.refusal) ?? '').join(''),
    reasoning: thoughts
      .flatMap(({ summary, content }) => {
        const texts = [...asObjects(content), ...asObjects(summary)].map(({ text }) => text);
        return texts.length === 0 ? [] : [texts.join('\n\n')];
      })
      .join('|'),
    states: thoughts.flatMap(({ encrypted_content: state }) => asString(state) || []),
    calls: items
      .filter(isCall)
      .map(({ call_id, name, arguments: text, input }) => [
        String(call_id),
        String(name),
        String(text ?? input),
      ]),
    opaque: items
      .filter((item) => !isCall(item) && !known.includes(String(item.type)))
      .map(({ type }) => String(type))
      .sort(),
    citedUrls: urls,
    citedOtherwise: annotations.length - urls,
    usage: usageIn(response, items),
  };
}

function usageIn(response: JsonObject, items: readonly JsonObject[]): RecordedUsage {
  const usage = asObject(response.usage) ?? {};
  const sent = asObject(usage.input_tokens_details) ?? {};
  const made = asObject(usage.output_tokens_details) ?? {};
  const input = asNumber(usage.input_tokens) ?? null;
  const total = asNumber(usage.total_tokens) ?? null;
  const searches = items.filter(
    ({ type, status, action }) =>
      type === 'web_search_call' &&
      status !== 'failed' &&
      (asObject(action)?.type ?? 'search') === 'search',
  ).length;
  return {
    input,
    output: input !== null && total !== null ? total - input : null,
    cacheRead: asNumber(sent.cached_tokens) ?? null,
    cacheWrite: asNumber(sent.cache_write_tokens) ?? null,
    cacheWrite1h: null,
    reasoning: asNumber(made.reasoning_tokens) ?? null,
    audioIn: null,
    audioOut: null,
    searches:
      asNumber(asObject(usage.server_side_tool_usage_details)?.web_search_calls) ??
      (searches === 0 ? null : searches),
  };
}
