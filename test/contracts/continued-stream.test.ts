// A stream that breaks off anywhere and is gone on with is one stream to whoever reads it, in every dialect callers speak.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { collect } from '../../src/core/collect.ts';
import type { CallerDialectId, ChatDialect, ReplyContext } from '../../src/core/dialect.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { streamBreaks as chatBreaks } from './chat-stream-law.ts';
import { BROKEN, type Cut, CutStream, continuations, decoded, gist } from './continued-stream.ts';
import { lawBreaks } from './event-law.ts';
import { contextOf, METADATA } from './example-reply.ts';
import { streamBreaks as messagesBreaks } from './messages-stream-law.ts';
import { streamBreaks as responsesBreaks } from './responses-stream-law.ts';
import { assembled } from './sdk-assembly.ts';

/** What the simulated provider is to say, and how many of the cuts the official clients read too: every one in so many. */
const ANSWERS: readonly (readonly [name: string, words: string, each: number])[] = [
  ['text', 'echo+say=H%C3%A9llo%20there%2C%20%F0%9F%98%80%20you', 1],
  ['reasoning, then text', 'echo+reasoning=4+say=Hello%20there%20you', 1],
  ['reasoning, redacted too, then text', 'echo+reasoning=2+redacted+say=Hello', 1],
  ['long text', 'echo+tokens=40', 8],
];

const ASK: { readonly [D in CallerDialectId]: (model: string) => JsonObject } = {
  'openai-chat': (model) => ({
    model,
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
    stream_options: { include_usage: true },
  }),
  'openai-responses': (model) => ({
    model,
    input: 'Hi',
    stream: true,
    reasoning: { effort: 'low', summary: 'auto' },
    include: ['reasoning.encrypted_content'],
  }),
  'anthropic-messages': (model) => ({
    model,
    max_tokens: 4000,
    stream: true,
    thinking: { type: 'enabled', budget_tokens: 1024 },
    messages: [{ role: 'user', content: 'Hi' }],
  }),
};

const PATH: { readonly [D in CallerDialectId]: string } = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  'anthropic-messages': '/messages',
};

const BREAKS: { readonly [D in CallerDialectId]: (text: string, usage: boolean) => string[] } = {
  'openai-chat': chatBreaks,
  'openai-responses': responsesBreaks,
  'anthropic-messages': messagesBreaks,
};

type Variant = readonly [what: string, changes: Partial<ReplyContext>];
const PLAIN: readonly Variant[] = [
  ['', {}],
  [', reasoning kept from the caller', { excludeReasoning: true }],
];
const VARIANTS: { readonly [D in CallerDialectId]: readonly Variant[] } = {
  'openai-chat': [...PLAIN, [', usage not asked for', { includeUsage: false }]],
  'openai-responses': PLAIN,
  'anthropic-messages': PLAIN,
};

const sim = startSim({ seed: 7 });
afterAll(() => sim.stop());

async function answerOf({ id }: ChatDialect, model: string): Promise<string> {
  const headers: { [name: string]: string } = { 'content-type': 'application/json' };
  if (id === 'anthropic-messages') headers['anthropic-version'] = '2023-06-01';
  const body = JSON.stringify(ASK[id](model));
  const reply = await fetch(sim.url + PATH[id], { method: 'POST', headers, body });
  return reply.text();
}

for (const dialect of Object.values(DIALECTS))
  describe(`${dialect.id}: a stream that another model goes on with`, () => {
    for (const [name, words, each] of ANSWERS)
      describe(name, () => {
        let stream = '';
        beforeAll(async () => {
          stream = await answerOf(dialect, words);
        });
        for (const [what, changes] of VARIANTS[dialect.id])
          test(`is one stream wherever it breaks off${what}`, () =>
            isOneStream(dialect, stream, contextOf([], changes), each));

        test('is one stream where it was translated all along', () =>
          isOneTranslation(dialect, stream));
      });
  });

async function isOneStream(
  dialect: ChatDialect,
  stream: string,
  context: ReplyContext,
  each: number,
): Promise<void> {
  const cuts = new CutStream(dialect, stream, context);
  expect(cuts.frames).toBeGreaterThan(3);
  for (let count = 1; count <= cuts.frames; count += 1) {
    const cut = cuts.at(count);
    const sdk = count % each === 0;
    for (const [name, events] of Object.entries(continuations(cut)))
      await checkGoneOn(dialect, cut, { name, events }, context, sdk);
    await checkFailed(dialect, cut, context, sdk);
  }
}

async function checkGoneOn(
  dialect: ChatDialect,
  cut: Cut,
  { name, events }: { readonly name: string; readonly events: readonly ChatEvent[] },
  { excludeReasoning, includeUsage }: ReplyContext,
  sdk: boolean,
): Promise<void> {
  const at = { frames: cut.frames, name };
  const whole = [...cut.delivered, ...events];
  expect({ at, breaks: lawBreaks(whole) }).toEqual({ at, breaks: [] });
  const text = cut.goneOn(events);
  expect({ at, breaks: BREAKS[dialect.id](text, includeUsage) }).toEqual({ at, breaks: [] });
  const said = gist(whole, excludeReasoning);
  expect({ at, said: gist(decoded(dialect, text), false) }).toEqual({ at, said });
  expect(text.split(METADATA.generation_id).length).toBe(2);
  if (!sdk) return;
  const { id, ...read } = await assembled(dialect.id, text);
  expect(id).toBe(collect(whole).id ?? '');
  const { text: full, calls, usage } = said;
  expect({ at, read }).toEqual({
    at,
    read: { text: full, calls: calls.map(([, ...call]) => call), usage } as never,
  });
}

/** The encoder that wrote the first part writes the rest. */
function isOneTranslation(dialect: ChatDialect, stream: string): void {
  const cuts = new CutStream(dialect, stream, contextOf());
  for (let count = 1; count <= cuts.frames; count += 1) {
    const cut = cuts.at(count);
    for (const [name, events] of Object.entries(continuations(cut))) {
      const at = { count, name };
      const encoder = dialect.encoder(contextOf(), () => METADATA);
      const text = [...cut.pieces, ...events].map((event) => encoder.push(event)).join('');
      const breaks = BREAKS[dialect.id](text, true);
      expect({ at, breaks }).toEqual({ at, breaks: [] });
      const said = gist([...cut.delivered, ...events], false);
      expect({ at, said: gist(decoded(dialect, text), false) }).toEqual({ at, said });
    }
  }
}

async function checkFailed(
  dialect: ChatDialect,
  cut: Cut,
  { includeUsage }: ReplyContext,
  sdk: boolean,
): Promise<void> {
  const { frames } = cut;
  const some = continuations(cut)['text and a tool call']?.slice(0, 2) ?? [];
  const events: ChatEvent[] = [...some, { type: 'error', error: BROKEN }];
  for (const text of [cut.goneOn(events), cut.failed([], BROKEN), cut.failed(some, BROKEN)]) {
    const breaks = BREAKS[dialect.id](text, includeUsage);
    expect({ frames, breaks }).toEqual({ frames, breaks: [] });
    const back = decoded(dialect, text).at(-1);
    expect(back?.type === 'error' && back.error.message).toContain('silence-mark');
    if (sdk) expect(await failureOf(dialect, text)).toContain('silence-mark');
  }
}

async function failureOf({ id }: ChatDialect, text: string): Promise<string> {
  try {
    await assembled(id, text);
  } catch (thrown) {
    return String(thrown);
  }
  return 'read as a whole answer';
}
