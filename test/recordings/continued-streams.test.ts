// Recorded streams that break off and are gone on with: whoever could read the recorded one can read the joined one.
import { describe, expect, test } from 'bun:test';
import type { CallerDialectId, ChatDialect } from '../../src/core/dialect.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import { streamBreaks as chatBreaks } from '../contracts/chat-stream-law.ts';
import { CutStream, continuations, decoded, gist } from '../contracts/continued-stream.ts';
import { contextOf } from '../contracts/example-reply.ts';
import { streamBreaks as messagesBreaks } from '../contracts/messages-stream-law.ts';
import { streamBreaks as responsesBreaks } from '../contracts/responses-stream-law.ts';
import { assembled } from '../contracts/sdk-assembly.ts';
import { type Recorded, recordedCalls } from './fidelity/sources.ts';
import { recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null)
  console.log('skipped: continued streams (no recordings at ../shared/recordings)');

/** Places in a stream of so many frames at most, and in longer ones. At the first the official client reads the joined one. */
const CUTS = 3;
const SHORT = 150;
const TIMEOUT_MS = 30_000;

const BREAKS: { readonly [D in CallerDialectId]: (text: string) => string[] } = {
  'openai-chat': (text) => chatBreaks(text, true),
  'openai-responses': responsesBreaks,
  'anthropic-messages': messagesBreaks,
};

/** What is wrong, without where. */
function faults(wire: CallerDialectId, text: string): ReadonlySet<string> {
  return new Set(
    BREAKS[wire](text).map((fault) =>
      fault.replace(/^frame \d+( \(\S+\))?/, '').replace(/\d+/g, 'N'),
    ),
  );
}

function streams(wire: CallerDialectId): Recorded[] {
  return recordedCalls(folder ?? '').filter((call) => {
    if (call.wire !== wire || !call.reply.stream || call.host === 'bedrock-invoke') return false;
    const events = decoded(DIALECTS[wire], textOf(call));
    return (
      events.at(-1)?.type === 'finish' &&
      !events.some((event) => event.type === 'block-start' && event.block.kind === 'tool-use')
    );
  });
}

function reasons(dialect: ChatDialect, call: Recorded): boolean {
  return decoded(dialect, textOf(call)).some(
    (event) => event.type === 'block-start' && event.block.kind.includes('reasoning'),
  );
}

function textOf({ reply }: Recorded): string {
  return new TextDecoder().decode(reply.bytes);
}

/** Some places of a stream, others in each. */
function places(frames: number, name: string): number[] {
  let state = Bun.hash.crc32(name);
  const count = Math.min(frames, frames > SHORT ? 1 : CUTS);
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + (state % frames);
  });
}

suite('recorded streams that another model goes on with', () => {
  for (const dialect of Object.values(DIALECTS)) {
    const found = folder === null ? [] : streams(dialect.id);
    for (const excludeReasoning of [false, true])
      test(
        `${dialect.id}: ${found.length}${excludeReasoning ? ', reasoning kept from the caller' : ''}`,
        async () => {
          expect(found.length).toBeGreaterThan(100);
          for (const call of found)
            if (!excludeReasoning || reasons(dialect, call))
              await staysOne(dialect, call, excludeReasoning);
        },
        TIMEOUT_MS,
      );
  }
});

async function staysOne(
  dialect: ChatDialect,
  call: Recorded,
  excludeReasoning: boolean,
): Promise<void> {
  const context = contextOf([], { excludeReasoning, includeUsage: true });
  const stream = new CutStream(dialect, textOf(call), context);
  const whole = stream.whole();
  const name = `${call.file} ${call.id}`;
  const known = faults(dialect.id, whole);
  expect({ name, cuts: stream.frames > 0 }).toEqual({ name, cuts: true });
  const readable = (await read(dialect, whole)) === gist(stream.events, excludeReasoning).text;
  // Items that take turns have no law to keep.
  const inTurns = [...known].some((fault) => fault.includes('has the index'));
  for (const [nth, count] of places(stream.frames, name).entries()) {
    const cut = stream.at(count);
    for (const [way, events] of Object.entries(continuations(cut))) {
      const at = { name, count, way };
      const joined = cut.goneOn(events);
      const fresh = [...faults(dialect.id, joined)].filter((fault) => !known.has(fault));
      if (!inTurns) expect({ at, fresh }).toEqual({ at, fresh: [] });
      const said = gist([...cut.delivered, ...events], excludeReasoning);
      expect({ at, said: gist(decoded(dialect, joined), false) }).toEqual({ at, said });
      if (readable && nth === 0 && way.includes('call'))
        expect({ at, text: await read(dialect, joined) }).toEqual({ at, text: said.text });
    }
  }
}

/** The text that the official client puts together; null where it cannot. */
async function read({ id }: ChatDialect, stream: string): Promise<string | null> {
  try {
    return (await assembled(id, stream)).text;
  } catch {
    return null;
  }
}
