// `switchyard keys` and `switchyard users`: what they make, change and print, and what they refuse.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import { type Folder, openFolder, runProgram } from './program-under-test.ts';

let folder: Folder;
beforeAll(() => {
  folder = openFolder();
});
afterAll(() => folder[Symbol.dispose]());

const run = (...args: readonly string[]) => runProgram(args, folder);

async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect([args, code, code === 0 ? '' : stderr]).toEqual([args, 0, '']);
  return stdout;
}

/** Makes a key and tells its id. */
async function made(...args: readonly string[]): Promise<string> {
  const { code, stderr } = await run('keys', 'create', ...args);
  expect(code).toBe(0);
  return /key_\S+/.exec(stderr)?.[0] ?? '';
}

async function shown(id: string): Promise<JsonObject> {
  return JSON.parse(await done('keys', 'show', id, '--json')) as JsonObject;
}

describe('keys', () => {
  test('are made with all their fields, and changed in part', async () => {
    const id = await made(
      ...[
        'search',
        '--role',
        'inference',
        '--models',
        'openai/*, gpt-oss-120b',
        '--routers',
        'voice',
      ],
      ...['--budget', '5/day,100.5/month', '--rpm', '60', '--tpm', '100000', '--concurrent', '4'],
      ...['--user-budget', '1/day', '--user-rpm', '6', '--labels', 'team=search,note=a=b'],
      ...['--expires', '2099-01-01', '--no-log-bodies'],
      ...['--cache', 'exact; ttl=10m; namespace=search'],
    );
    const whole = {
      id,
      name: 'search',
      role: 'inference',
      allowed_models: ['openai/*', 'gpt-oss-120b'],
      allowed_routers: ['voice'],
      budget: [
        { amount_usd: 5, period: 'day' },
        { amount_usd: 100.5, period: 'month' },
      ],
      rate_limit: { requests_per_minute: 60, tokens_per_minute: 100_000, concurrent: 4 },
      user_limits: {
        budget: { amount_usd: 1, period: 'day' },
        rate_limit: { requests_per_minute: 6, tokens_per_minute: null, concurrent: null },
      },
      labels: { team: 'search', note: 'a=b' },
      expires_at: '2099-01-01T00:00:00.000Z',
      log_bodies: false,
      cache: { mode: 'exact', ttl: 600, namespace: 'search' },
      enabled: true,
    };
    expect(await shown(id)).toMatchObject(whole);
    // One rate and one limit of users: the others stay.
    await done('keys', 'update', id, '--rpm', '30', '--user-budget', 'none', '--name', 'found');
    expect(await shown(id)).toMatchObject({
      ...whole,
      name: 'found',
      rate_limit: { ...whole.rate_limit, requests_per_minute: 30 },
      user_limits: { ...whole.user_limits, budget: null },
    });
    await done(
      ...['keys', 'update', id, '--models', 'none', '--routers', 'none', '--budget', 'none'],
      ...['--rpm', 'none', '--tpm', 'none', '--concurrent', 'none', '--user-rpm', 'none'],
      ...['--labels', 'none', '--expires', 'none', '--cache', 'none'],
    );
    expect(await shown(id)).toMatchObject({
      allowed_models: null,
      allowed_routers: null,
      budget: null,
      rate_limit: null,
      user_limits: null,
      labels: {},
      expires_at: null,
      log_bodies: false,
      cache: null,
    });
  });

  test('are switched off and on, and given new secrets', async () => {
    const id = await made('phone', '--expires', '30d');
    const expires = Date.parse(String((await shown(id)).expires_at));
    expect(Math.abs(expires - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000);
    expect(await done('keys', 'disable', id)).toContain('disabled');
    expect((await shown(id)).enabled).toBe(false);
    expect(await done('keys', 'enable', id)).not.toContain('disabled');
    const rotated = await run('keys', 'rotate', id, '--overlap', '24h');
    expect(rotated.stdout).toMatch(/^sy-[\w-]{43}\n$/);
    expect(rotated.stderr).toContain('opens until');
    expect(asObjects((await shown(id)).previous_secrets)).toHaveLength(1);
    await done('keys', 'revoke-previous', id);
    expect((await shown(id)).previous_secrets).toEqual([]);
    expect((await run('keys', 'rotate', id)).stderr).toContain('no longer opens');
  });

  test('are listed in columns, by label too, and nothing in a name moves the cursor', async () => {
    const id = await made('evil\u001b[2J\u0007', '--labels', 'kind=evil\u001b[31m');
    const plain = await done('keys', 'list');
    const [head = '', ...lines] = plain.trimEnd().split('\n');
    expect(head).toStartWith('id ');
    expect(lines.length).toBeGreaterThan(1);
    const column = head.indexOf('role');
    for (const line of lines) expect(line.slice(column)).toMatch(/^(?:inference|admin)\s/);
    const texts = [
      plain,
      await done('keys', 'list', '--label', 'kind'),
      await done('keys', 'show', id),
      await done('keys', 'list', '--json'),
    ];
    for (const text of texts) {
      expect(text).toContain('evil\\u001b[2J\\u0007');
      expect(text).not.toContain('\u001b');
    }
    expect(texts[1]?.trimEnd().split('\n')).toHaveLength(2);
    expect((await run('keys', 'list', '--label', 'nothing')).stdout).toBe('');
  });

  test.each<[args: string[], told: string]>([
    [['create', 'x', '--budget', '5'], '5'],
    [['create', 'x', '--budget', '5/year'], 'day, week, month, total'],
    [['create', 'x', '--budget', '5/day,6/day'], 'each period once'],
    [['create', 'x', '--rpm', '-1'], '--rpm'],
    [['create', 'x', '--rpm', '1.5'], '--rpm'],
    [['create', 'x', '--rpm', '5', '--rpm', '6'], 'twice'],
    [['create', 'x', '--labels', 'team'], 'team=search'],
    [['create', 'x', '--routers', 'a/b'], 'allowed_routers[0]'],
    [['create', 'x', '--expires', 'soon'], 'soon'],
    [['create', 'x', '--budgte', '5/day'], '--budget'],
    [['update', 'key_none', '--rpm', '5'], 'There is no key "key_none"'],
    [['show', 'key_none'], 'There is no key "key_none"'],
    [['rotate', 'key_none'], 'There is no key "key_none"'],
    [['rotate', 'key_none', '--overlap', '91d'], '90d'],
    [['rotate', 'key_none', '--overlap', 'soon'], 'soon'],
    [['disable', 'key_none'], 'There is no key "key_none"'],
  ])(
    '%j is refused, and nothing is made',
    async (args, told) => {
      const before = await run('keys', 'list', '--json');
      const refused = await run('keys', ...args);
      expect([refused.code, refused.stdout]).toEqual([1, '']);
      expect(refused.stderr).toContain(told);
      expect((await run('keys', 'list', '--json')).stdout).toBe(before.stdout);
    },
    20_000,
  );
});

test('users are limited, listed and let go', async () => {
  expect((await run('users', 'list')).stderr).toContain('users set');
  await done('users', 'set', 'ann@example.com', '--budget', '2/week', '--rpm', '6');
  // What is not named stays as it is.
  expect(await done('users', 'set', 'ann@example.com', '--concurrent', '1')).toContain(
    '2 USD/week, 6 requests/min, 1 at once',
  );
  await done('users', 'set', 'b\u001b[1mob', '--budget', '0/total');
  const listed = await done('users', 'list');
  expect(listed).toContain('ann@example.com');
  expect(listed).not.toContain('\u001b');
  const { users } = JSON.parse(await done('users', 'list', '--json')) as JsonObject;
  expect(asObjects(users).map(({ user, budget }) => [user, asObject(budget)?.amount_usd])).toEqual([
    ['ann@example.com', 2],
    ['b\u001b[1mob', 0],
  ]);
  await done('users', 'remove', 'ann@example.com');
  const again = await run('users', 'remove', 'ann@example.com');
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('ann@example.com')]);
  // Who did it is in the trail.
  const trail = await done('audit', 'list', '--json');
  expect(trail).toContain('user.create');
  expect(trail).toContain('key.rotate');
}, 20_000);
