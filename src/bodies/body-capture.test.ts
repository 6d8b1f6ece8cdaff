// What a request's capture holds on to, when it lets go, and that it never holds more than there is room for.
import { expect, test } from 'bun:test';
import { until } from '../../test/journeys/until.ts';
import { BodyCapture, type CaptureOwner } from './body-capture.ts';
import type { RawBodies } from './kept-bodies.ts';

function owner(room: number) {
  const submitted: RawBodies[] = [];
  const shed: string[] = [];
  let held = 0;
  const one: CaptureOwner = {
    take(size) {
      if (held + size > room) return false;
      held += size;
      return true;
    },
    give(size) {
      held -= size;
    },
    maxCollected: 10,
    submit(bodies, size) {
      submitted.push(bodies);
      held -= size;
    },
    shed: (id) => void shed.push(id),
  };
  return { one, submitted, shed, held: () => held };
}

test('a stream is collected up to its limit, at the end of a piece', () => {
  const { one, submitted, held } = owner(1000);
  const capture = new BodyCapture(one, 'a', true);
  capture.request('{}');
  capture.of('u');
  capture.begins('text/event-stream', true);
  for (const piece of ['12345678', '9012', 'rest', 'more']) capture.piece(piece);
  capture.end();
  capture.end();
  capture.piece('late');
  expect(submitted).toEqual([
    {
      id: 'a',
      user: 'u',
      request: { type: 'application/json', text: '{}', size: 2, cut: false },
      reply: { type: 'text/event-stream', text: '123456789012', size: 20, cut: true },
    },
  ]);
  expect(held()).toBe(0);
});

test('of bytes only their number is kept', () => {
  const { one, submitted, held } = owner(1);
  const capture = new BodyCapture(one, 'a', true);
  capture.requestBytes('multipart/form-data', 5000);
  capture.begins('audio/mpeg', false);
  capture.piece(new Uint8Array(3000));
  capture.piece(new Uint8Array(7));
  capture.end();
  expect(submitted[0]?.reply).toEqual({ type: 'audio/mpeg', text: null, size: 3007, cut: false });
  expect(submitted[0]?.request).toMatchObject({ text: null, size: 5000 });
  expect(held()).toBe(0);
});

test('a text that comes as bytes is a text, wherever they are cut', () => {
  const { one, submitted } = owner(1000);
  const capture = new BodyCapture(one, 'a', true);
  capture.begins('text/vtt', true);
  for (const byte of new TextEncoder().encode('grün')) capture.piece(Uint8Array.of(byte));
  capture.end();
  expect(submitted[0]?.reply).toEqual({ type: 'text/vtt', text: 'grün', size: 5, cut: false });
});

test('what there is no room for is given up whole, and counted once', () => {
  const { one, submitted, shed, held } = owner(10);
  const capture = new BodyCapture(one, 'a', true);
  capture.request('12345678');
  capture.begins('text/event-stream', true);
  capture.piece('12');
  capture.piece('3');
  capture.piece('4');
  capture.end();
  expect([submitted, shed, held()]).toEqual([[], ['a'], 0]);
});

test('where only the router can tell, nothing is kept until it does, or once it refuses', () => {
  const { one, submitted, held } = owner(100);
  const unasked = new BodyCapture(one, 'a', null);
  unasked.request('{}');
  unasked.reply('application/json', '{}');
  unasked.over();
  const refused = new BodyCapture(one, 'b', true);
  refused.request('{}');
  refused.routed(false);
  refused.reply('application/json', '{}');
  refused.over();
  const elsewhere = new BodyCapture(one, 'd', null);
  elsewhere.request('{}');
  elsewhere.routed(undefined);
  expect([submitted, held()]).toEqual([[], 0]);
  const asked = new BodyCapture(one, 'c', null);
  asked.request('{}');
  asked.routed(true);
  asked.over();
  expect(submitted.map(({ id, reply }) => [id, reply])).toEqual([['c', null]]);
});

test('a reply that nobody reads on is over in a moment, with what was told of it by then', async () => {
  const { one, submitted } = owner(100);
  const capture = new BodyCapture(one, 'a', true);
  capture.begins('text/event-stream', true);
  capture.piece('one ');
  capture.over();
  capture.piece('why');
  expect(submitted).toEqual([]);
  await until(() => submitted.length === 1, 3000);
  expect(submitted[0]?.reply).toMatchObject({ text: 'one why', cut: false });
});
