// What a call costs does not hang on how its answer came: every recorded stream costs what the same answer would whole, every
// recorded reply what it would in pieces, and callers of every wire are told the tokens that were counted.
import { describe, expect, test } from 'bun:test';
import { type Collected, collect } from '../../src/core/collect.ts';
import type { CallerDialectId, DialectId, ReplyContext } from '../../src/core/dialect.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import type { ReplyMetadata } from '../../src/core/exchange.ts';
import { costNano, type Price } from '../../src/core/price.ts';
import { totalInput, totalOutput, type Usage } from '../../src/core/usage.ts';
import { WrappedEventReader } from '../../src/dialects/bedrock-converse/wrapped-events.ts';
import { DIALECTS, UPSTREAM_DIALECTS } from '../../src/dialects/index.ts';
import { SseReader } from '../../src/lib/frame-reader.ts';
import { asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import { SseFrame, SseParser } from '../../src/lib/sse.ts';
import { type Recorded, recordedCalls } from './fidelity/sources.ts';
import { recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: prices of streams (no recordings)');
const calls = folder === null ? [] : recordedCalls(folder);

/** Every kind at a rate of its own, so that a token counted as another kind shows. */
const RATES = {
  input: 1,
  output: 31,
  cacheRead: 0.007,
  cacheWrite5m: 1.3,
  cacheWrite1h: 2.1,
  reasoning: 37,
  audioIn: 11,
  audioOut: 71,
  audioCacheRead: 0.05,
  search: 13,
};
const TIERS = ['batch', 'flex', 'priority', 'fast', 'us', 'provisioned_throughput'];
const PRICE: Price = {
  ...RATES,
  services: Object.fromEntries(TIERS.map((tier, i) => [tier, { ...RATES, input: 100 + i }])),
};

/** Null: it holds an error. */
function collected(events: () => readonly ChatEvent[]): Collected | null {
  try {
    return collect(events());
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(GatewayError);
    return null;
  }
}

function streamed(wire: DialectId, frames: readonly SseFrame[]): Collected | null {
  const decoder = UPSTREAM_DIALECTS[wire].decoder();
  return collected(() => [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]);
}

const isCallers = (wire: string): wire is CallerDialectId => wire in DIALECTS;
const whole = (wire: DialectId, body: JsonObject) =>
  collected(() => UPSTREAM_DIALECTS[wire].decodeReply(body));

function framesIn({ host, reply }: Recorded): SseFrame[] {
  const reader = host === 'bedrock-invoke' ? new WrappedEventReader() : new SseReader();
  return [...reader.push(reply.bytes), ...reader.end()];
}

/** Where these wires tell a stream's usage, saying what the whole reply says. */
const USAGE_FRAMES: { readonly [W in DialectId]?: (body: JsonObject) => SseFrame[] } = {
  gemini: (body) => [new SseFrame('', JSON.stringify(body), '')],
  'bedrock-converse': (body) => [
    new SseFrame('messageStart', '{"role":"assistant"}', ''),
    new SseFrame('messageStop', JSON.stringify({ stopReason: body.stopReason }), ''),
    new SseFrame('metadata', JSON.stringify(body), ''),
  ],
  cohere: (body) => [
    new SseFrame('', JSON.stringify({ type: 'message-start', id: body.id }), ''),
    new SseFrame(
      '',
      JSON.stringify({
        type: 'message-end',
        delta: { finish_reason: body.finish_reason, usage: body.usage },
      }),
      '',
    ),
  ],
};

function same(call: Recorded, one: Usage, other: Usage): boolean {
  const name = `${call.file} ${call.id}`;
  const cost = costNano(PRICE, one);
  const told = { name, cost: costNano(PRICE, other), usage: other };
  expect(told).toEqual({ name, cost, usage: one });
  return cost !== null && cost > 0;
}

const CONTEXT: ReplyContext = {
  id: 'id',
  model: 'm',
  created: 1,
  excludeReasoning: false,
  includeUsage: true,
  inputEstimate: () => 0,
  request: {},
  lose: () => undefined,
};
const METADATA = {} as ReplyMetadata;

suite('a streamed answer costs what it does whole', () => {
  test('on the wires whose streams are put together', () => {
    const priced = new Map<string, number>();
    for (const call of calls) {
      const { wire, reply } = call;
      if (!reply.stream || !isCallers(wire)) continue;
      const frames = framesIn(call);
      const stream = streamed(wire, frames);
      if (stream === null) continue;
      const gatherer = DIALECTS[wire].gatherer();
      for (const frame of frames) gatherer.push(frame);
      const put = whole(wire, gatherer.reply());
      if (put === null) continue;
      if (same(call, stream.finish.usage, put.finish.usage))
        priced.set(wire, (priced.get(wire) ?? 0) + 1);
    }
    console.log(`streams priced whole: ${JSON.stringify(Object.fromEntries(priced))}`);
    for (const wire of Object.keys(DIALECTS)) expect(priced.get(wire)).toBeGreaterThan(50);
  });

  test('on the wires of providers alone', () => {
    const priced = new Map<string, number>();
    for (const call of calls) {
      const body = call.reply.events[0];
      const framesOf = USAGE_FRAMES[call.wire];
      if (call.reply.stream || framesOf === undefined || body === undefined) continue;
      const reply = whole(call.wire, body);
      const stream = reply === null ? null : streamed(call.wire, framesOf(body));
      if (reply === null || stream === null) continue;
      if (same(call, reply.finish.usage, stream.finish.usage))
        priced.set(call.wire, (priced.get(call.wire) ?? 0) + 1);
    }
    console.log(`replies priced as streams: ${JSON.stringify(Object.fromEntries(priced))}`);
    for (const wire of Object.keys(USAGE_FRAMES)) expect(priced.get(wire)).toBeGreaterThan(5);
  });
});

suite('what callers are told of tokens', () => {
  for (const id of Object.keys(DIALECTS) as CallerDialectId[])
    test(`is what was counted, streamed and whole: ${id}`, () => {
      const dialect = DIALECTS[id];
      let compared = 0;
      for (const call of calls) {
        const body = call.reply.events[0];
        if (call.reply.stream || body === undefined) continue;
        const reply = whole(call.wire, body);
        if (reply === null) continue;
        const { usage } = reply.finish;
        const [input, output] = [totalInput(usage), totalOutput(usage)];
        if (input === null || output === null) continue;
        const events = UPSTREAM_DIALECTS[call.wire].decodeReply(body);
        const encoder = dialect.encoder(CONTEXT, () => METADATA);
        const parser = new SseParser();
        const text = events.map((event) => encoder.push(event)).join('');
        const stream = streamed(id, [...parser.push(text), ...parser.end()]);
        const encoded = dialect.encodeReply(events, CONTEXT, () => METADATA);
        const again = whole(id, asObject(JSON.parse(JSON.stringify(encoded))) ?? {});
        const name = `${call.file} ${call.id} ${asString(body.id) ?? ''}`;
        const counts = [stream, again].map((one) =>
          one === null ? null : [totalInput(one.finish.usage), totalOutput(one.finish.usage)],
        );
        expect({ name, counts }).toEqual({
          name,
          counts: [
            [input, output],
            [input, output],
          ],
        });
        compared += 1;
      }
      console.log(`told to callers of ${id}: ${compared} answers`);
      expect(compared).toBeGreaterThan(500);
    });
});
