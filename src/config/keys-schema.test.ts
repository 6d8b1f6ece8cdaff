// Keys in the configuration file: what they come to, and what is said of those that are wrong, never with a word of a secret.
import { describe, expect, test } from 'bun:test';
import { secretHash } from '../core/key-secret.ts';
import type { ConfiguredKey } from './keys-schema.ts';
import { type ConfigProblem, parseConfig } from './load.ts';

const SECRET = 'sy-a-secret-of-the-team';

function read(yaml: string, environment = {}): readonly ConfiguredKey[] {
  const parsed = parseConfig(yaml, environment, new Set());
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  return parsed.config.keys ?? [];
}

function problems(yaml: string, environment = {}): readonly ConfigProblem[] {
  const parsed = parseConfig(yaml, environment, new Set());
  return parsed.ok ? [] : parsed.problems;
}

describe('a key', () => {
  test('is known by its hash alone', () => {
    const [key] = read(`keys:\n  - { name: Team Search, key: "\${TEAM_KEY}" }`, {
      TEAM_KEY: SECRET,
    });
    expect(key).toMatchObject({
      id: 'team-search',
      name: 'Team Search',
      role: 'inference',
      secretSha256: secretHash(SECRET),
      prefix: SECRET.slice(0, 5),
    });
    expect(JSON.stringify(key)).not.toContain(SECRET);
  });

  test('may be given by that hash', () => {
    const hash = secretHash(SECRET);
    const [key] = read(
      `keys: [{ id: t, name: a, key_sha256: ${hash.toUpperCase()}, role: admin }]`,
    );
    expect(key).toMatchObject({ id: 't', role: 'admin', secretSha256: hash, prefix: '' });
  });

  test('whose variable has no value opens nothing, and that is told', () => {
    const parsed = parseConfig(`keys:\n  - { name: a, key: "\${NOT_SET}" }`, {}, new Set());
    expect(parsed).toMatchObject({
      ok: true,
      warnings: [{ line: 2, message: 'environment variable NOT_SET is not set' }],
      config: { keys: [{ secretSha256: null }] },
    });
  });

  test('takes numbers and switches from the environment', () => {
    const yaml = `keys:
  - name: a
    key: ${SECRET}
    enabled: "\${ON}"
    budget: { amount_usd: "\${USD}", period: month }
    rate_limit: { requests_per_minute: "\${RPM}" }`;
    const [key] = read(yaml, { ON: 'false', USD: '2.5', RPM: '60' });
    expect(key?.fields).toMatchObject({
      enabled: false,
      budget: [{ amountNano: 2_500_000_000, period: 'month' }],
      rate_limit: { requestsPerMinute: 60 },
    });
  });
});

test.each<[yaml: string, line: number, told: string]>([
  ['- { name: a }', 2, 'keys[0]: needs its secret in "key"'],
  [
    `- { name: a, key: ${SECRET}, key_sha256: ${'a'.repeat(64)} }`,
    2,
    'keys[0].key_sha256: stands beside',
  ],
  ['- { name: a, key: short }', 2, 'keys[0].key: must have 16 characters'],
  ['- { name: a, key_sha256: abc }', 2, 'keys[0].key_sha256: must be the SHA-256'],
  [`- { name: a, ky: ${SECRET} }`, 2, 'keys[0].ky is not a known setting. Did you mean "key"'],
  [`- { name: "…", key: ${SECRET} }`, 2, 'keys[0].id: is needed'],
  [`- { name: a, id: key_x, key: ${SECRET} }`, 2, 'keys[0].id: must not be "admin"'],
  [`- { name: a, id: admin, key: ${SECRET} }`, 2, 'keys[0].id: must not be "admin"'],
  [`- { name: admin, key: ${SECRET} }`, 2, 'keys[0].id: is needed'],
  [
    `- { name: a, key: ${SECRET} }\n  - { name: a, key: ${SECRET}-2 }`,
    3,
    'keys[1].id: "a" is the id of keys[0] too',
  ],
  [
    `- { name: a, key: ${SECRET} }\n  - { name: b, key: ${SECRET} }`,
    3,
    'keys[1].key: is the secret of keys[0] too',
  ],
  [
    `- { name: a, key: ${SECRET} }\n  - { name: b, key_sha256: ${secretHash(SECRET)} }`,
    3,
    'is the secret of keys[0] too',
  ],
  [
    `- name: a\n    key: ${SECRET}\n    budget:\n      amount_usd: -1\n      period: day`,
    5,
    'keys[0].budget.amount_usd',
  ],
  [
    `- name: a\n    key: ${SECRET}\n    rate_limit:\n      requests_per_minut: 1`,
    5,
    'Did you mean "requests_per_minute"',
  ],
  [
    `- name: a\n    key: ${SECRET}\n    budget:\n      amount: 1\n      period: day`,
    5,
    'Did you mean "amount_usd"',
  ],
  [`- ${SECRET}`, 2, 'keys[0]'],
])('%s: line and reason', (entry, line, told) => {
  const found = problems(`keys:\n  ${entry}`);
  const problem = found.find(({ message }) => message.includes(told));
  expect([found.map(({ message }) => message), problem?.line]).toEqual([expect.any(Array), line]);
  expect(JSON.stringify(found)).not.toContain(SECRET);
});
