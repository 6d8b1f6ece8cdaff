// Recorded traffic asked for twice, caller and provider on the same wire: what is given from the cache is what came, byte for
// byte, but for the reply's id and our metadata; and what was no whole answer is asked for again.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  asArray,
  asObject,
  asObjects,
  asString,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import type { Recording } from './http-recordings.ts';
import { framesOf } from './recorded-answers.ts';
import {
  callerHeaders,
  modelOf,
  type ReplayGround,
  recordingsHere,
  simpleRequest,
  startReplay,
} from './replay-ground.ts';

interface Sent {
  readonly status: number;
  readonly text: string;
  readonly generationId: string;
  /** What it says of itself. */
  readonly metadata: JsonObject;
  /** The ids of the reply, wherever it repeats them. */
  readonly ids: readonly string[];
}

interface Twice {
  readonly recording: Recording;
  readonly live: Sent;
  readonly again: readonly Sent[];
  /** How often the provider was asked. */
  readonly asked: number;
}

const recordings = recordingsHere();
const suite = recordings.length === 0 ? describe.skip : describe;

suite('recorded traffic, asked for again', () => {
  let ground: ReplayGround;
  let all: readonly Twice[] = [];

  beforeAll(async () => {
    ground = await startReplay(recordings, '\ncache: { mode: exact, ttl: 1h, max_entry: 16MB }\n');
    let count = 0;
    all = await ground.replay(async (recording, lane) => {
      lane.take();
      count += 1;
      const cache = { mode: 'exact', namespace: `recording ${count}` };
      // What was asked may be nobody else's to be answered (files of one account): this can be asked by anybody.
      const { wire, response } = recording;
      const body = { ...simpleRequest(wire, modelOf(recording), response.chunked), cache };
      const ask = () => sentOf(ground, recording, body);
      const live = await ask();
      const again = [await ask(), await ask()];
      return { recording, live, again, asked: lane.take().length };
    });
  }, 240_000);
  afterAll(async () => {
    const hits = all.filter(({ asked }) => asked === 1).length;
    console.log(`${all.length} recordings asked for three times: ${hits} from the cache`);
    await ground?.stop();
  });

  test('what came whole comes from the cache as it came', () => {
    let hits = 0;
    for (const { recording, live, again, asked } of all) {
      if (!isAnswer(recording, live)) continue;
      const place = `${recording.id}: ${live.text.slice(0, 300)}`;
      expect([place, asked]).toEqual([place, 1]);
      for (const cached of again) {
        expect(cached.metadata.cache_hit).toBe('exact');
        expect([place, bare(cached, live)]).toEqual([place, bare(live, live)]);
        for (const id of cached.ids) expect(id).toEndWith(cached.generationId);
      }
      hits += 1;
    }
    expect(hits).toBeGreaterThan(100);
  });

  test('what was none is asked for each time', () => {
    for (const { recording, live, again, asked } of all) {
      if (isAnswer(recording, live)) continue;
      const place = `${recording.id}: ${live.text.slice(0, 300)}`;
      expect([place, again.some(({ metadata }) => metadata.cache_hit === 'exact')]).toEqual([
        place,
        false,
      ]);
      expect([place, asked >= 3]).toEqual([place, true]);
    }
  });
});

async function sentOf(
  { gateway }: ReplayGround,
  recording: Recording,
  body: JsonObject,
): Promise<Sent> {
  const path = recording.wire === 'openai-chat' ? '/v1/chat/completions' : '/v1/messages';
  const response = await gateway.post(path, body, callerHeaders(recording));
  const text = await response.text();
  const pieces = piecesOf(text);
  const metadata = pieces
    .map((piece) => asObject(piece.metadata))
    .findLast((found) => found?.generation_id !== undefined);
  const ids = pieces.flatMap((piece) => {
    const { id } = asObject(piece.message) ?? piece;
    return typeof id === 'string' && id !== '' && piece.error === undefined ? [id] : [];
  });
  const generationId = response.headers.get('x-generation-id') ?? '';
  return { status: response.status, text, generationId, metadata: metadata ?? {}, ids };
}

function piecesOf(text: string): readonly JsonObject[] {
  const whole = asObject(parseJson(text));
  if (whole !== undefined) return [whole];
  return framesOf(text).map(({ data }) => asObject(data) ?? {});
}

/** Its bytes without what is its own; what it says, where another id in it is the same. */
function bare({ text, ids, metadata }: Sent, others: Sent): unknown {
  const own = JSON.stringify(metadata);
  expect(text.split(own).length).toBe(2);
  if (repeats(others)) return piecesOf(text).map(withoutOwn);
  let rest = text;
  for (const id of new Set(ids)) rest = rest.replaceAll(JSON.stringify(id), '"ID"');
  return rest.replace(own, () => '"METADATA"');
}

/** Recorded: ids that were replaced by one word. */
function repeats({ text, ids }: Sent): boolean {
  return [...new Set(ids)].some(
    (id) => text.split(JSON.stringify(id)).length - 1 > ids.filter((one) => one === id).length,
  );
}

function withoutOwn(piece: JsonObject): JsonObject {
  const { id: _, metadata: __, message, ...rest } = piece;
  const begun = asObject(message);
  return begun === undefined ? rest : { ...rest, message: { ...begun, id: null } };
}

const GOOD: ReadonlySet<unknown> = new Set([
  ...['stop', 'tool_calls', 'function_call', 'eos', 'end_turn', 'stop_sequence', 'tool_use'],
]);

/** Whether it is a whole answer, read the plain way: every choice ended well and by name, and something was said. */
function isAnswer({ wire, response }: Recording, { status, text, metadata }: Sent): boolean {
  if (status !== 200 || metadata.generation_id === undefined) return false;
  if (asObject(metadata.structured_output)?.valid === false) return false;
  if (piecesOf(text).some((piece) => piece.error !== undefined && piece.error !== null))
    return false;
  // As it was recorded: the gateway gives a stream without an end the one its callers wait for.
  const pieces = piecesOf(response.body);
  return wire === 'openai-chat' ? chatSays(pieces) : messageSays(pieces);
}

function chatSays(pieces: readonly JsonObject[]): boolean {
  const ends = new Map<unknown, unknown>();
  let said = '';
  let refused = false;
  for (const choice of pieces.flatMap(({ choices }) => asObjects(choices))) {
    const { index = 0, finish_reason: reason } = choice;
    ends.set(index, reason ?? ends.get(index) ?? null);
    const message = asObject(choice.delta) ?? asObject(choice.message) ?? {};
    if (index !== 0) continue;
    refused ||= Boolean(message.refusal);
    said += asString(message.content) ?? '';
    for (const part of asObjects(message.content)) said += asString(part.text) ?? '';
    if (asArray(message.tool_calls).length > 0 || asObject(message.function_call)) said += 'call';
    if (message.images !== undefined || message.audio !== undefined) said += 'media';
  }
  const named = [...ends.values()];
  return said.trim() !== '' && !refused && named.length > 0 && named.every((one) => GOOD.has(one));
}

function messageSays(pieces: readonly JsonObject[]): boolean {
  let said = '';
  let end: unknown = null;
  for (const piece of pieces) {
    const begun = asObject(piece.message);
    const whole = [...asObjects(piece.content), ...asObjects(begun?.content)];
    const blocks = [...whole, asObject(piece.content_block) ?? {}];
    for (const { type, text } of blocks) {
      if (type === 'text') said += asString(text) ?? '';
      else if (type !== undefined && !`${type}`.includes('thinking')) said += 'block';
    }
    const delta = asObject(piece.delta);
    said += asString(delta?.text) ?? '';
    end = delta?.stop_reason ?? piece.stop_reason ?? begun?.stop_reason ?? end;
  }
  return said.trim() !== '' && GOOD.has(end);
}
