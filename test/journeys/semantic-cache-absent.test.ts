// Where the local model is not installed, the semantic cache is an exact one, and says so.
import { expect, test } from 'bun:test';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { startSim } from '../../sim/start-sim.ts';
import { openFolder, ROOT, startServe } from './program-under-test.ts';
import { asked } from './semantic-gateway.ts';
import { until } from './until.ts';

const QUESTION = 'How do I reset my password?';
const SAME = 'how can I reset my password';
const MISSING = '@lat.md';

/** The program as it is, beside all packages but those of the model. */
function withoutModel(to: string): string {
  for (const name of ['src', 'sim', 'package.json'])
    cpSync(join(ROOT, name), join(to, name), { recursive: true });
  mkdirSync(join(to, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (name !== MISSING)
      symlinkSync(join(ROOT, 'node_modules', name), join(to, 'node_modules', name));
  return join(to, 'src/main.ts');
}

test('the same request has its answer, no other has, and the reply and the log say why', async () => {
  const sim = startSim({ seed: 1 });
  using folder = openFolder();
  const main = withoutModel(folder.path);
  const config = await folder.write(
    'cache.yaml',
    `providers: { alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k } }
cache: { mode: semantic, semantic: { timeout: 5s } }
`,
  );
  const args = ['serve', '--port', '0', '--config', config];
  try {
    await using program = await startServe([], folder, {
      command: [process.execPath, main, ...args],
    });
    const post = (path: string, body: unknown) =>
      fetch(program.url() + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${program.adminKey()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
    await until(() => program.stderr().includes('@lat.md/embed'), 20_000);
    const first = await asked({ post }, QUESTION);
    const other = await asked({ post }, SAME);
    const again = await asked({ post }, QUESTION);
    const strict = await asked({ post }, `${SAME}!`, {
      strict: true,
      cache: { mode: 'semantic' },
    });
    expect([first, other, again].map(({ told }) => told.cache_hit)).toEqual([
      false,
      false,
      'exact',
    ]);
    expect(other.told.losses).toEqual([
      expect.stringContaining('cache.mode: only the same request is found here'),
    ]);
    expect(other.told.losses[0]).toContain('Install @lat.md/embed');
    expect(again.told.losses).toEqual([]);
    expect(strict.status).toBe(400);
    expect(sim.requests).toHaveLength(2);
    // Said once.
    expect(program.stderr().split('Install @lat.md/embed')).toHaveLength(2);
  } finally {
    await sim.stop();
  }
}, 60_000);
