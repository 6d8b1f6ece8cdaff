// A request for a whole answer in its streamed form, and where it stays as it is.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { targetOf } from '../../test/contracts/example-reply.ts';
import type { CallerDialectId } from '../core/dialect.ts';
import { DIALECTS } from '../dialects/index.ts';
import type { JsonObject } from '../lib/json.ts';
import { asStreamed, formFor } from './as-streamed.ts';
import { readInbound } from './inbound.ts';

const HI = [{ role: 'user', content: 'hi' }];
const BODIES: { readonly [D in CallerDialectId]: JsonObject } = {
  'openai-chat': { model: 'a/b', messages: HI },
  'openai-responses': { model: 'a/b', input: 'hi' },
  'anthropic-messages': { model: 'a/b', messages: HI, max_tokens: 9 },
};

const read = (id: CallerDialectId, body: JsonObject) =>
  readInbound(DIALECTS[id], JSON.stringify(body), new Headers());

describe.each(Object.keys(BODIES) as CallerDialectId[])('asStreamed on %s', (id) => {
  const inbound = read(id, { ...BODIES[id], metadata: { plan: 'x' } });

  test('says so in the text, the body, the call and the request', () => {
    const asked = asStreamed(inbound);
    expect(asked.stream).toBe(true);
    expect(asked.call().stream).toBe(true);
    expect(asked.body.stream).toBe(true);
    expect(JSON.parse(asked.text)).toEqual(asked.body as never);
    expect({ ...asked, text: '', body: {}, stream: false, call: null }).toEqual({
      ...inbound,
      text: '',
      body: {},
      call: null,
    } as never);
    expect({ ...asked.call(), stream: false }).toEqual(inbound.call());
  });

  test('leaves the request itself alone', () => {
    asStreamed(inbound);
    expect([inbound.stream, inbound.body.stream, inbound.call().stream]).toEqual([
      false,
      undefined,
      false,
    ]);
  });

  test('is the same request where that is streamed already', () => {
    const streamed = read(id, { ...BODIES[id], stream: true });
    expect(asStreamed(streamed)).toBe(streamed);
  });
});

test('usage is asked for, but not of a provider that refuses to be asked', () => {
  const { text, body, dialect } = asStreamed(read('openai-chat', BODIES['openai-chat']));
  const sent = (quirks: object) =>
    JSON.parse(dialect.forwardCall(text, body, { ...targetOf('m'), quirks }).body) as JsonObject;
  expect(sent({})).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  expect(sent({ streamUsage: false })).toMatchObject({ stream: true });
  expect(sent({ streamUsage: false })).not.toHaveProperty('stream_options');
});

test('sound in a file is asked for whole', () => {
  const inbound = read('openai-chat', {
    ...BODIES['openai-chat'],
    modalities: ['text', 'audio'],
    audio: { voice: 'alloy', format: 'wav' },
  });
  expect(asStreamed(inbound)).toBe(inbound);
});

describe('formFor', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
  const rules = [{ match: 'm', tools: 'whole' as const }];
  const picky = exampleCandidate({ quirks: { modelRules: rules } });
  const whole = read('openai-chat', { ...BODIES['openai-chat'], tools });
  const plain = read('openai-chat', BODIES['openai-chat']);

  test('is the whole one for a model that takes tools in nothing else', () => {
    expect(formFor(picky, asStreamed(whole), whole)).toBe(whole);
  });

  test('is the streamed one for the others, and without tools', () => {
    const streamed = asStreamed(whole);
    expect(formFor(exampleCandidate(), streamed, whole)).toBe(streamed);
    const bare = asStreamed(plain);
    expect(formFor(picky, bare, plain)).toBe(bare);
    expect(formFor(picky, plain, plain)).toBe(plain);
  });
});
