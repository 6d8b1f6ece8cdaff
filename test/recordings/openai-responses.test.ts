// Every recorded response, whole or streamed, through the openai-responses dialect as providers speak it: nothing lost.
import { describe, expect, test } from 'bun:test';
import { collect } from '../../src/core/collect.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { totalInput, totalOutput } from '../../src/core/usage.ts';
import { decodeError } from '../../src/dialects/openai-responses/decode-error.ts';
import { decodeReply } from '../../src/dialects/openai-responses/decode-reply.ts';
import { StreamDecoder } from '../../src/dialects/openai-responses/decode-stream.ts';
import { unpackState } from '../../src/dialects/openai-responses/reasoning-items.ts';
import { SseParser } from '../../src/lib/sse.ts';
import { lawBreaks } from '../contracts/event-law.ts';
import { recordingsFolder } from './find-recordings.ts';
import {
  type RecordedResponse,
  recordedRefusals,
  recordedResponses,
  type SaidResponse,
  saidIn,
  saidInStream,
} from './responses-recordings.ts';

const folder = recordingsFolder();
const recorded = folder === null ? [] : recordedResponses(folder);
const streams = recorded.filter((entry) => entry.stream !== null);
const replies = recorded.filter((entry) => entry.reply !== null);

const TERMINAL = 'response.completed';

/** Why a recorded stream does not decode to an answer. */
const BROKEN_STREAMS: { readonly [name: string]: string } = {
  'vercel-ai/openai openai-error.1.chunks.txt': 'upstream_payment_required',
  // Its last line, which ends the answer, is damaged; so the answer is cut.
  'vercel-ai/openai parallel-tool-call-wrapper.1.chunks.txt': 'upstream_stream_truncated',
};

/** Shortened by hand: its deltas are the beginning of another text than the one it ends with. What was told stays told. */
const SHORTENED = 'vercel-ai/openai openai-shell-container.1.chunks.txt';

/** Likewise of whole replies. */
const BROKEN_REPLIES: { readonly [name: string]: string } = {
  // Answers that were asked for in the background, before they were there.
  'pydantic-ai/openai.responses.jsonl 1cd4de57049280ed': 'upstream_invalid_response',
  'pydantic-ai/openai.responses.jsonl 5504ed2d12bfae38': 'upstream_invalid_response',
  'pydantic-ai/openai.responses.jsonl 8393e31fc72cf062': 'upstream_invalid_response',
  'pydantic-ai/openai.responses.jsonl 86b07c51d7900283': 'upstream_invalid_response',
  'pydantic-ai/openai.responses.jsonl 9c311661f7640d1b': 'upstream_invalid_response',
  'vercel-ai/openai openai-error.1.json': 'upstream_payment_required',
  'vercel-ai/openai reasoning-model-temperature-error.json': 'upstream_invalid_request',
};

/** What the events say, in the terms of the plain reading. */
function said(events: readonly ChatEvent[]): SaidResponse {
  const { blocks, finish } = collect(events);
  const { usage } = finish;
  const citations = blocks.flatMap((block) => (block.kind === 'text' ? block.citations : []));
  const urls = citations.filter(({ dialect }) => dialect === 'openai-chat').length;
  const reasoning: string[] = [];
  const states: string[] = [];
  for (const block of blocks) {
    if (block.kind !== 'reasoning') continue;
    if (block.text !== '') reasoning.push(block.text);
    if (block.signature !== null) states.push(unpackState(block.signature).encrypted);
  }
  return {
    text: blocks.map((block) => (block.kind === 'text' ? block.text : '')).join(''),
    refusal: blocks.map((block) => (block.kind === 'refusal' ? block.text : '')).join(''),
    reasoning: reasoning.join('|'),
    states,
    calls: blocks.flatMap((block) =>
      block.kind === 'tool-use' ? [[block.id, block.name, block.arguments] as const] : [],
    ),
    opaque: blocks
      .flatMap((block) => (block.kind === 'opaque' ? String(block.value.type) : []))
      .sort(),
    citedUrls: urls,
    citedOtherwise: citations.length - urls,
    usage: {
      input: totalInput(usage),
      output: totalOutput(usage),
      cacheRead: usage.cacheRead,
      cacheWrite: usage.cacheWrite5m,
      cacheWrite1h: usage.cacheWrite1h,
      reasoning: usage.reasoning,
      audioIn: usage.audioIn,
      audioOut: usage.audioOut,
      searches: usage.searches,
    },
  };
}

function decode(pieces: Iterable<string>): ChatEvent[] {
  const parser = new SseParser();
  const decoder = new StreamDecoder();
  const events: ChatEvent[] = [];
  for (const piece of pieces)
    for (const frame of parser.push(piece)) events.push(...decoder.push(frame));
  for (const frame of parser.end()) events.push(...decoder.push(frame));
  return [...events, ...decoder.end()];
}

/** The text in pieces of 1 to 97 characters; the name is the seed. */
function* cut(text: string, name: string): Generator<string> {
  let state = Bun.hash.crc32(name);
  for (let at = 0; at < text.length; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const size = 1 + (state % 97);
    yield text.slice(at, at + size);
    at += size;
  }
}

describe.skipIf(folder === null)(
  `recorded responses${folder === null ? ' (skipped: none at ../shared/recordings)' : ''}`,
  () => {
    test('are all here', () => {
      console.log(`${streams.length} streamed and ${replies.length} whole responses`);
      expect({ streams: streams.length, replies: replies.length }).toEqual({
        streams: 151,
        replies: 431,
      });
    });

    test('streams decode to what they say, however they are cut', () => {
      const failed: { [name: string]: string } = {};
      for (const { name, stream } of streams) {
        if (stream === null) continue;
        const events = decode([stream]);
        expect({ name, breaks: lawBreaks(events) }).toEqual({ name, breaks: [] });
        expect({ name, events: decode(cut(stream, name)) }).toEqual({ name, events });
        const last = events.at(-1);
        const expected = saidInStream(stream);
        if (last?.type === 'error') failed[name] = last.error.code;
        else if (name !== SHORTENED)
          expect({ name, said: said(events) }).toEqual({ name, said: expected ?? said([]) });
      }
      expect(failed).toEqual(BROKEN_STREAMS);
    });

    test('replies decode to what they say', () => {
      const failed: { [name: string]: string } = {};
      for (const { name, reply } of replies) {
        if (reply === null) continue;
        let events: readonly ChatEvent[];
        try {
          events = decodeReply(reply);
        } catch (thrown) {
          failed[name] = thrown instanceof GatewayError ? thrown.code : String(thrown);
          continue;
        }
        expect({ name, breaks: lawBreaks(events) }).toEqual({ name, breaks: [] });
        expect({ name, said: said(events) }).toEqual({ name, said: saidIn(reply) });
      }
      expect(failed).toEqual(BROKEN_REPLIES);
    });

    test('a stream says what the whole response at its end says', () => {
      let compared = 0;
      for (const { name, stream } of streams) {
        const whole = stream === null ? undefined : finalResponse(stream);
        if (stream === null || !whole || name === SHORTENED) continue;
        compared += 1;
        expect({ name, said: countingStates(said(decode([stream]))) }).toEqual({
          name,
          said: countingStates(said(decodeReply(whole))),
        });
      }
      expect(compared).toBeGreaterThan(80);
    });

    test('a stream that stops before its end is an error, and nothing is told twice', () => {
      for (const { name, stream } of streams) {
        if (stream === null || BROKEN_STREAMS[name] !== undefined) continue;
        const all = new SseParser().push(stream).filter(({ json }) => json !== undefined);
        const frames = all.slice(
          0,
          all.findIndex(({ json }) => json?.type === TERMINAL),
        );
        const kept = frames.slice(0, Math.floor(frames.length / 2)).map(({ raw }) => raw);
        const events = decode(kept);
        expect({ name, breaks: lawBreaks(events) }).toEqual({ name, breaks: [] });
        const last = events.at(-1);
        expect({ name, code: last?.type === 'error' ? last.error.code : last?.type }).toEqual({
          name,
          code: 'upstream_stream_truncated',
        });
      }
    });

    test('refusals are mapped', () => {
      const found = (folder === null ? [] : recordedRefusals(folder)).map(
        ({ status, body, text }) => {
          const error = decodeError(status, new Headers(), body, text, 0);
          return `${error.code} ${error.details.upstreamCode ?? '-'}`;
        },
      );
      expect(found.sort()).toEqual([
        'upstream_invalid_request -',
        'upstream_invalid_request decimal_below_min_value',
        'upstream_invalid_request invalid_request_error',
        'upstream_invalid_request unsupported_file',
        'upstream_invalid_request unsupported_file',
        'upstream_not_found model_not_found',
      ]);
    });
  },
);

/** The state is encrypted anew each time it is told. */
function countingStates({ states, ...rest }: SaidResponse) {
  return { ...rest, states: states.length };
}

function finalResponse(stream: string): RecordedResponse['reply'] | undefined {
  const frames = new SseParser().push(stream);
  for (const { json } of frames.toReversed()) {
    const response = json?.type === TERMINAL ? json.response : undefined;
    if (response !== undefined) return response as RecordedResponse['reply'];
  }
  return undefined;
}
