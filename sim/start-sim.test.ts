// The handle tests hold: records, limits, its own pages, stopping; and that the README names every word.
import { expect, test } from 'bun:test';
import { wordForm } from './help-text.ts';
import { MODELS } from './models.ts';
import { startSim } from './start-sim.ts';
import { WORD_GROUPS } from './words.ts';

const BODY = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'x' }] });
const post = (url: string, body = BODY) =>
  fetch(`${url}/chat/completions`, {
    method: 'POST',
    body,
    headers: { 'X-One': 'a', 'x-api-key': 'sk-secret' },
  });

test('records what came: method, path, headers, body, times', async () => {
  const sim = startSim();
  const before = Date.now() - 1;
  await post(sim.url).then((response) => response.text());
  const record = sim.requests[0];
  expect(record).toMatchObject({
    method: 'POST',
    path: '/v1/chat/completions',
    body: BODY,
    status: 200,
    clientAborted: false,
  });
  expect(record?.headers['x-one']).toBe('a');
  expect(record?.at).toBeWithin(before, Date.now() + 1);
  expect(record?.endedAt ?? 0).toBeGreaterThanOrEqual(record?.at ?? 1);
  expect(record?.bytesSent).toBeGreaterThan(300);
  await sim.stop();
});

test('keeps a bounded number and counts all', async () => {
  const sim = startSim({ keep: 5 });
  for (let n = 0; n < 23; n += 1)
    await post(sim.url, BODY.replace('"x"', `"${n}"`)).then((response) => response.text());
  expect(sim.received).toBe(23);
  expect(sim.requests.length).toBeWithin(5, 11);
  expect(sim.requests.at(-1)?.body).toContain('"22"');
  sim.clear();
  expect([sim.received, sim.requests.length]).toEqual([0, 0]);
  await sim.stop();
  const forgetful = startSim({ keep: 0 });
  await post(forgetful.url).then((response) => response.text());
  expect([forgetful.received, forgetful.requests.length]).toEqual([1, 0]);
  await forgetful.stop();
});

test('shows the same over HTTP, for those in another process', async () => {
  const sim = startSim();
  await post(sim.url).then((response) => response.text());
  const origin = sim.url.replace('/v1', '');
  const page = await (await fetch(`${origin}/sim/requests`)).text();
  expect(page).not.toContain('sk-secret');
  const shown: unknown = JSON.parse(page);
  expect(shown).toEqual([
    expect.objectContaining({ method: 'POST', body: BODY, status: 200, clientAborted: false }),
  ]);
  await fetch(`${origin}/sim/clear`, { method: 'POST' });
  expect(sim.requests.length).toBe(0);
  expect(await (await fetch(origin)).text()).toContain('parallel-tools');
  await sim.stop();
});

test('logs a line for each request, without its text', async () => {
  const lines: string[] = [];
  const sim = startSim({ log: (line) => lines.push(line) });
  await post(sim.url, BODY.replace('fast', 'echo+status=429')).then((response) => response.text());
  expect(lines).toEqual([
    expect.stringMatching(/^POST \/v1\/chat\/completions echo\+status=429 → 429, \d+ ms$/),
  ]);
  await sim.stop();
});

test('stop closes the port and running streams', async () => {
  const sim = startSim();
  const running = await post(
    sim.url,
    BODY.replace('fast', 'echo+gap=50+tokens=1000').replace('{', '{"stream":true,'),
  );
  await sim.stop();
  expect(await running.text().catch(() => 'broken')).toBe('broken');
  expect(
    await post(sim.url).then(
      () => 'answered',
      () => 'refused',
    ),
  ).toBe('refused');
});

test('the README tells every model and every word', async () => {
  const file = Bun.file(new URL('README.md', import.meta.url));
  const readme = (await file.text()).replaceAll(/ +/g, ' ');
  for (const { id, words, says } of MODELS) {
    expect(readme).toContain(`| \`${id}\` | ${words === '' ? '' : `\`${words}\` `}| ${says} |`);
  }
  for (const word of WORD_GROUPS.flatMap((group) => group.words)) {
    expect(readme).toContain(`| \`${wordForm(word).replaceAll('|', '\\|')}\` | ${word.says} |`);
  }
});
