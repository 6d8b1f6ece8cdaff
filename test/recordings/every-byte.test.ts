// Where the network cuts a stream is nobody's to see: the bytes of recorded streams, cut in two at every byte and into random
// pieces, decode to the same events as in one piece; and cut short anywhere they end lawfully, and never cleanly before their end.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ChatEvent } from '../../src/core/event.ts';
import { WrappedEventReader } from '../../src/dialects/bedrock-converse/wrapped-events.ts';
import { UPSTREAM_DIALECTS } from '../../src/dialects/index.ts';
import { AwsEventStreamReader } from '../../src/lib/aws-event-stream.ts';
import { type FrameReader, SseReader } from '../../src/lib/frame-reader.ts';
import { lawBreaks } from '../contracts/event-law.ts';
import { type Recorded, recordedCalls } from './fidelity/sources.ts';
import { recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: every byte (no recordings at ../shared/recordings)');

/** The shortest that have something in them: every offset of a long one says no more. */
const PER_KIND = 3;
const MIN_BYTES = 300;
const MAX_BYTES = 12_000;
const PIECES_RUNS = 40;

/** One kind a wire and framing: the hosted ones are framed in their own way. */
function samples(): Map<string, Recorded[]> {
  const streams = recordedCalls(folder ?? '')
    .filter(({ reply }) => reply.stream)
    .filter(({ reply: { bytes } }) => bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES)
    .sort((a, b) => a.reply.bytes.length - b.reply.bytes.length);
  const kinds = Map.groupBy(streams, ({ wire, host }) => `${wire} (${host})`);
  return new Map([...kinds].map(([kind, found]) => [kind, found.slice(0, PER_KIND)]));
}

function readerFor({ wire, host }: Recorded): FrameReader {
  if (host === 'bedrock-invoke') return new WrappedEventReader();
  return wire === 'bedrock-converse' ? new AwsEventStreamReader() : new SseReader();
}

function decode(recorded: Recorded, pieces: readonly Uint8Array[]): readonly ChatEvent[] {
  const reader = readerFor(recorded);
  const decoder = UPSTREAM_DIALECTS[recorded.wire].decoder();
  const frames = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Errors are compared by what they say. */
const plain = (events: readonly ChatEvent[]) =>
  JSON.stringify(
    events.map((event) =>
      event.type === 'error' ? [event.error.code, event.error.message] : event,
    ),
  );

suite('recorded streams, cut', () => {
  const kinds = folder === null ? new Map<string, Recorded[]>() : samples();

  test('there are some of every wire', () => {
    const wires = [...kinds.keys()].map((kind) => kind.split(' ')[0]);
    expect(Object.keys(UPSTREAM_DIALECTS).filter((wire) => !wires.includes(wire))).toEqual([]);
  });

  for (const [kind, recordings] of kinds)
    describe(kind, () => {
      test('in two at every byte', () => {
        for (const recorded of recordings) {
          const { bytes } = recorded.reply;
          const whole = plain(decode(recorded, [bytes]));
          for (let at = 1; at < bytes.length; at += 1) {
            const events = plain(decode(recorded, [bytes.subarray(0, at), bytes.subarray(at)]));
            if (events !== whole)
              expect({ id: recorded.id, at, events }).toEqual({
                id: recorded.id,
                at,
                events: whole,
              });
          }
        }
      });

      test('into random pieces', () => {
        fc.assert(
          fc.property(
            fc.constantFrom(...recordings),
            fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 }),
            (recorded, sizes) => {
              const { bytes } = recorded.reply;
              const pieces: Uint8Array[] = [];
              for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
                const size = sizes[turn % sizes.length] ?? 1;
                pieces.push(bytes.subarray(at, at + size));
                at += size;
              }
              expect(plain(decode(recorded, pieces))).toBe(plain(decode(recorded, [bytes])));
            },
          ),
          { numRuns: PIECES_RUNS },
        );
      });

      test('short at every byte: lawful, and no clean end before the last frames', () => {
        for (const recorded of recordings) {
          const { bytes } = recorded.reply;
          for (let at = 0; at < bytes.length; at += 1) {
            const events = decodeCut(recorded, bytes.subarray(0, at));
            if (events === null) continue;
            const breaks = lawBreaks(events);
            const clean = at < bytes.length / 3 && events.at(-1)?.type === 'finish';
            if (breaks.length > 0 || clean)
              expect({ id: recorded.id, at, breaks, clean }).toEqual({
                id: recorded.id,
                at,
                breaks: [],
                clean: false,
              });
          }
        }
      });
    });
});

/** Null where the framing itself says that a message is broken off. */
function decodeCut(recorded: Recorded, bytes: Uint8Array): readonly ChatEvent[] | null {
  try {
    return decode(recorded, [bytes]);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(SyntaxError);
    return null;
  }
}
