// Embeddings: whose turn it is, and what becomes of those who wait when the thread dies.
import { afterEach, expect, test } from 'bun:test';
import { Embeddings } from './embeddings.ts';

/** Makes [length of the text] of every text, dies of `die`, and says which it was asked in `order`. */
const THREAD = `
let asked = [];
onmessage = async ({ data }) => {
  if (data.kind === 'open') postMessage({ kind: 'ready', dimensions: 1 });
  if (data.kind === 'close') postMessage({ kind: 'closed' });
  if (data.kind !== 'embed') return;
  if (data.text === 'die') throw new Error('dead');
  if (data.text === 'wait') await new Promise((resolve) => setTimeout(resolve, 100));
  asked.push(data.text.length);
  const vector = data.text === 'order' ? Float32Array.from(asked) : Float32Array.of(data.text.length);
  postMessage({ kind: 'embedded', id: data.id, vector });
};`;

let opened: Embeddings[] = [];
afterEach(async () => {
  await Promise.all(opened.map((embeddings) => embeddings.close()));
  opened = [];
});

async function open(lines: string[] = []): Promise<Embeddings> {
  const source = new Blob([THREAD], { type: 'application/javascript' });
  const embeddings = new Embeddings({
    start: () => new Worker(URL.createObjectURL(source)),
    log: (_, message) => lines.push(message),
  });
  opened.push(embeddings);
  embeddings.start();
  await ready(embeddings);
  return embeddings;
}

async function ready(embeddings: Embeddings): Promise<void> {
  while (embeddings.standing !== 'ready') {
    embeddings.start();
    await Bun.sleep(5);
  }
}

test('a search goes before answers, answers before entries, and an entry that is searched for goes with the searches', async () => {
  const embeddings = await open();
  const first = embeddings.vectorOf('wait', 'entry');
  const rest = [
    embeddings.vectorOf('1', 'entry'),
    embeddings.vectorOf('22', 'entry'),
    embeddings.vectorOf('333', 'answer'),
    embeddings.vectorOf('55555', 'search'),
    embeddings.vectorOf('22', 'search'),
  ];
  await Promise.all([first, ...rest]);
  expect(await embeddings.vectorOf('order', 'search')).toEqual(Float32Array.of(4, 5, 2, 3, 1, 5));
});

test('who is too late by their turn gets nothing, and costs nothing', async () => {
  const embeddings = await open();
  const first = embeddings.vectorOf('wait', 'search');
  const late = embeddings.vectorOf('late', 'search', performance.now() + 20);
  expect(await late).toBe('late');
  expect(await first).toEqual(Float32Array.of(4));
  expect(embeddings.made).toBe(1);
});

test('more of a kind than there is room for are refused, others are not', async () => {
  const embeddings = await open();
  const first = embeddings.vectorOf('wait', 'entry');
  const searches = Array.from({ length: 40 }, (_, i) => embeddings.vectorOf(`s${i}`, 'search'));
  const entry = embeddings.vectorOf('entry', 'entry');
  const made = await Promise.all(searches);
  expect(made.filter((one) => one === 'refused')).toHaveLength(8);
  expect(await entry).toEqual(Float32Array.of(5));
  await first;
});

test('when the thread dies nobody waits for another, but what is to be known is known later', async () => {
  const lines: string[] = [];
  const embeddings = await open(lines);
  const dying = embeddings.vectorOf('die', 'search');
  const search = embeddings.vectorOf('search', 'search');
  const entry = embeddings.vectorOf('entry', 'entry');
  expect(await dying).toBe('unready');
  expect(await search).toBe('unready');
  expect(embeddings.standing).toBe('loading');
  expect(await embeddings.vectorOf('again', 'search')).toBe('unready');
  expect(lines).toEqual([
    'The thread that makes vectors of prompts is started again: it ended unexpectedly. Nothing is found meanwhile.',
  ]);
  await ready(embeddings);
  expect(await entry).toEqual(Float32Array.of(5));
  expect(await embeddings.vectorOf('again', 'search')).toEqual(Float32Array.of(5));
});

test('what is to be forgotten is made anew, and what is under way then is not remembered', async () => {
  const embeddings = await open();
  await embeddings.vectorOf('1', 'search');
  await embeddings.vectorOf('1', 'search');
  expect(embeddings.made).toBe(1);
  const underWay = embeddings.vectorOf('wait', 'search');
  embeddings.forget();
  expect(await underWay).toEqual(Float32Array.of(4));
  await embeddings.vectorOf('1', 'search');
  await embeddings.vectorOf('wait', 'search');
  expect(embeddings.made).toBe(4);
  await embeddings.vectorOf('wait', 'search');
  expect(embeddings.made).toBe(4);
});
