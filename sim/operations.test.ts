// The simulated provider at OpenAI's endpoints beside chat: the same answer for the same request, and the same faults as chat.
import { afterAll, expect, test } from 'bun:test';
import OpenAI, { toFile } from 'openai';
import { type Sim, startSim } from './start-sim.ts';

const sim: Sim = startSim({ seed: 1 });
afterAll(() => sim.stop());
const client = (url = sim.url) => new OpenAI({ baseURL: url, apiKey: 'k', maxRetries: 0 });

test('vectors are the same for the same text, of length one, and nearer for texts that share words', async () => {
  const ask = { model: 'echo', input: ['a red fox', 'a red fox', 'the red fox', 'nothing'] };
  const { data } = await client().embeddings.create(ask);
  const [first = [], same = [], near = [], far = []] = data.map(({ embedding }) => [...embedding]);
  const product = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  expect(first).toEqual(same);
  expect(product(first, first)).toBeCloseTo(1, 5);
  expect(product(first, near)).toBeGreaterThan(product(first, far));
});

test('pictures are PNG, sound is WAV of the length it says', async () => {
  const { data } = await client().images.generate({ model: 'echo', prompt: 'x' });
  const picture = Buffer.from(data?.[0]?.b64_json ?? '', 'base64');
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  const speech = await client().audio.speech.create({ model: 'echo', input: 'abc', voice: 'x' });
  const sound = Buffer.from(await speech.arrayBuffer());
  expect([sound.toString('latin1', 0, 4), sound.readUInt32LE(4)]).toEqual([
    'RIFF',
    sound.length - 8,
  ]);
});

test('a form is read, its bytes are kept', async () => {
  const file = await toFile(Buffer.from([0, 255, 128]), 'a.wav');
  const { text } = await client().audio.transcriptions.create({ model: 'echo', file });
  expect(text).toBe('A simulated transcript of 3 bytes of a.wav.');
  expect(sim.requests.at(-1)?.bytes?.includes(Buffer.from([0, 255, 128]))).toBe(true);
});

test('words work as in chat: in the model, the address, for a while, in a stream', async () => {
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => null,
      ({ status }) => status,
    );
  const embed = (model: string, url?: string) =>
    client(url).embeddings.create({ model, input: 'x' });
  expect(await failure(embed('echo+status=429'))).toBe(429);
  expect(await failure(embed('echo', sim.urlWith('error=overloaded')))).toBe(503);
  expect(await failure(embed('echo+status=500+times=1'))).toBe(500);
  expect(await failure(embed('echo+status=500+times=1'))).toBeNull();
  const startMs = performance.now();
  await embed('echo+ttft=60');
  expect(performance.now() - startMs).toBeGreaterThan(55);
  const stream = await client().completions.create({
    model: 'echo+tokens=5+cut=2',
    prompt: 'x',
    stream: true,
  });
  let seen = 0;
  const broken = (async () => {
    for await (const _ of stream) seen += 1;
  })().catch(() => 'broken');
  await broken;
  expect(seen).toBeLessThanOrEqual(2);
});

test('what is missing is refused in the vendor’s words', async () => {
  const ask = (path: string, body: object) =>
    fetch(`${sim.url}${path}`, { method: 'POST', body: JSON.stringify(body) }).then((reply) =>
      reply.json(),
    );
  expect(await ask('/embeddings', { model: 'echo' })).toMatchObject({ error: { param: 'input' } });
  expect(await ask('/rerank', { model: 'echo' })).toMatchObject({ error: { param: 'query' } });
  expect(await ask('/images/generations', { prompt: 'x' })).toMatchObject({
    error: { param: 'model' },
  });
});
