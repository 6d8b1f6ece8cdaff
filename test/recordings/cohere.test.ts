// Every recorded exchange of Cohere's Chat API, version 2, through its dialect: answers say what they said, calls are asked as they were.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { collect } from '../../src/core/collect.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { totalInput, totalOutput } from '../../src/core/usage.ts';
import { cohere } from '../../src/dialects/cohere/index.ts';
import { TOOL_PLAN } from '../../src/dialects/cohere/tool-plan.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { SseFrame, SseParser } from '../../src/lib/sse.ts';
import { lawBreaks } from '../contracts/event-law.ts';
import { targetOf } from '../contracts/example-reply.ts';
import { filesUnder, interactions, recordingsFolder } from './find-recordings.ts';

interface Exchange {
  readonly id: string;
  /** Null: only the answer was recorded. */
  readonly request: JsonObject | null;
  /** One whole reply, or a stream's events. */
  readonly pieces: readonly JsonObject[];
  readonly streamed: boolean;
}

const folder = recordingsFolder();
const recorded: readonly Exchange[] = folder === null ? [] : [...http(folder), ...fixtures(folder)];
const requests = recorded.filter(({ request }) => request !== null);

/** The files named after this API hold version 1 and other makers' chats too. */
function http(root: string): Exchange[] {
  return ['pydantic-ai', 'openllmetry'].flatMap((source) =>
    interactions(join(root, source, 'cohere.cohere.chat.jsonl'))
      .filter(({ request }) => request.url.endsWith('/v2/chat'))
      .map(({ id, request, response }) => {
        const body = response.body ?? '';
        const streamed = body.trimStart().startsWith('event:');
        const frames = streamed ? new SseParser().push(body) : [];
        return {
          id,
          request: asObject(parseJson(request.body ?? '')) ?? null,
          pieces: streamed
            ? frames.flatMap(({ json }) => (json ? [json] : []))
            : [asObject(parseJson(body)) ?? {}],
          streamed,
        };
      }),
  );
}

function fixtures(root: string): Exchange[] {
  const files = join(root, 'vercel-ai/packages/cohere/src/__fixtures__');
  const whole = filesUnder(files, '.json').map(({ name, text }) => ({
    id: name,
    request: null,
    pieces: [asObject(parseJson(text)) ?? {}],
    streamed: false,
  }));
  const streams = filesUnder(files, '.chunks.txt').map(({ name, text }) => ({
    id: name,
    request: null,
    pieces: text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => asObject(parseJson(line)) ?? {}),
    streamed: true,
  }));
  return [...whole, ...streams].filter(({ pieces }) => pieces[0]?.embeddings === undefined);
}

function decode({ pieces, streamed }: Exchange): readonly ChatEvent[] {
  if (!streamed) return cohere.decodeReply(pieces[0] ?? {});
  const decoder = cohere.decoder();
  const events = pieces.flatMap((piece) => {
    const data = JSON.stringify(piece);
    return decoder.push(new SseFrame(asString(piece.type) ?? null, data, `data: ${data}\n\n`));
  });
  return [...events, ...decoder.end()];
}

/** What an answer says, read the plain way. */
function said({ pieces }: Exchange) {
  let text = '';
  let thinking = '';
  let plan = '';
  let finish: string | null = null;
  let usage: JsonObject = {};
  const calls: { name: string; arguments: string }[] = [];
  for (const piece of pieces) {
    const delta = asObject(piece.delta);
    const message = asObject(delta?.message) ?? asObject(piece.message) ?? {};
    const contents = asObject(message.content) ? [message.content] : asArray(message.content);
    for (const content of contents) {
      text += asString(asObject(content)?.text) ?? '';
      thinking += asString(asObject(content)?.thinking) ?? '';
    }
    plan += asString(message.tool_plan) ?? '';
    const one = asObject(message.tool_calls);
    const told = asObject(one?.function);
    if (piece.type === 'tool-call-start') calls.push({ name: String(told?.name), arguments: '' });
    const last = calls.at(-1);
    if (last) last.arguments += asString(told?.arguments) ?? '';
    for (const call of asObjects(message.tool_calls)) {
      const inner = asObject(call.function);
      calls.push({ name: String(inner?.name), arguments: String(inner?.arguments) });
    }
    finish = asString(delta?.finish_reason) ?? asString(piece.finish_reason) ?? finish;
    usage = asObject(delta?.usage) ?? asObject(piece.usage) ?? usage;
  }
  const tokens = asObject(usage.tokens);
  return {
    text,
    thinking,
    plan,
    finish,
    calls: calls.map(({ name, arguments: args }) => ({
      name,
      arguments: args === '' || args === 'null' ? '{}' : args,
    })),
    input: asNumber(tokens?.input_tokens) ?? null,
    cached: asNumber(usage.cached_tokens) ?? null,
    output: asNumber(tokens?.output_tokens) ?? null,
  };
}

const REASONS: { readonly [raw: string]: string } = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool-calls',
};

describe.skipIf(folder === null)(
  `recorded chats of Cohere${folder === null ? ' (skipped: none at ../shared/recordings)' : ''}`,
  () => {
    test('are all here', () => {
      const streamed = recorded.filter((exchange) => exchange.streamed).length;
      expect({ answers: recorded.length, streamed, calls: requests.length }).toEqual({
        answers: 41,
        streamed: 14,
        calls: 31,
      });
    });

    test.each(recorded.map((exchange) => [exchange.id, exchange] as const))(
      'answer %s says what it said',
      (_id, exchange) => {
        const events = decode(exchange);
        expect(lawBreaks(events)).toEqual([]);
        const { blocks, finish } = collect(events);
        const expected = said(exchange);
        const of = (kind: string) => blocks.filter((block) => block.kind === kind);
        const texts = (found: readonly object[]) =>
          found.map((block) => asString(asObject(block)?.text) ?? '').join('');
        const plans = blocks.filter(
          (block) => block.kind === 'reasoning' && block.format === TOOL_PLAN,
        );
        const thoughts = blocks.filter(
          (block) => block.kind === 'reasoning' && block.format !== TOOL_PLAN,
        );
        expect({
          text: texts(of('text')),
          thinking: texts(thoughts),
          plan: texts(plans),
          finish: finish.raw,
          calls: of('tool-use').map((block) =>
            block.kind === 'tool-use' ? { name: block.name, arguments: block.arguments } : {},
          ),
          input: totalInput(finish.usage),
          cached: finish.usage.cacheRead,
          output: totalOutput(finish.usage),
        } as object).toEqual(expected);
        expect(finish.reason).toBe((REASONS[finish.raw ?? ''] ?? 'unknown') as 'stop');
      },
    );

    test('every citation of a whole reply is carried', () => {
      let cited = 0;
      for (const exchange of recorded.filter(({ streamed }) => !streamed)) {
        const citations = asObjects(asObject(exchange.pieces[0]?.message)?.citations);
        const carried = collect(decode(exchange)).blocks.flatMap((block) =>
          block.kind === 'text' ? block.citations.map(({ value }) => value) : [],
        );
        expect(carried).toEqual(citations as Json[]);
        cited += citations.length;
      }
      expect(cited).toBeGreaterThan(5);
    });

    test.each(requests.map((exchange) => [exchange.id, exchange.request ?? {}] as const))(
      'call %s is asked as it was',
      (_id, request) => {
        const call = openaiChat.decodeCall(asChat(request));
        const { body, losses } = cohere.encodeCall(call, targetOf(String(request.model)));
        expect(losses).toEqual([]);
        expect(plain(asObject(parseJson(body)) ?? {})).toEqual(plain(request));
      },
    );
  },
);

/** The same call as a caller of OpenAI's wire would write it. */
function asChat(request: JsonObject): JsonObject {
  const { stop_sequences, tool_choice, messages, k, p, ...rest } = request;
  return {
    ...rest,
    messages: asObjects(messages).map((message) => {
      const thoughts = asObjects(message.content).filter(({ type }) => type === 'thinking');
      if (thoughts.length === 0) return message as Json;
      const content = asObjects(message.content).filter(({ type }) => type !== 'thinking');
      return {
        ...message,
        content: content as Json,
        reasoning_content: thoughts.map(({ thinking }) => String(thinking)).join(''),
      } as Json;
    }),
    ...(stop_sequences === undefined ? {} : { stop: stop_sequences }),
    ...(tool_choice === undefined ? {} : { tool_choice: String(tool_choice).toLowerCase() }),
    ...(k === undefined ? {} : { top_k: k }),
    ...(p === undefined ? {} : { top_p: p }),
  };
}

/** Without what says nothing: absent and null members, a lone text as a part, and whether it streams where that is not said. */
function plain(request: JsonObject): JsonObject {
  return {
    ...request,
    stream: request.stream === true,
    messages: asObjects(request.messages).map((message) => {
      const { content, ...rest } = message;
      const parts =
        typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content);
      return {
        ...(Object.fromEntries(
          Object.entries(rest).filter(([, value]) => value !== null && value !== ''),
        ) as { [name: string]: Json }),
        content: parts,
      };
    }),
  };
}
