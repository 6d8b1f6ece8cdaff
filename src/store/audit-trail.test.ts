// The audit trail over a real database: it only grows, and whatever is done to it behind its back shows.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendAudit, pruneAudit } from './audit-trail.ts';
import { openStore, type Store } from './open-store.ts';
import { auditPage, pageQuery, verifyAudit } from './read-audit.ts';

const T0 = Date.UTC(2026, 10, 22, 10);
const DAY_MS = 86_400_000;

let dir: string;
let store: Store;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-audit-'));
  store = openStore({ dataDir: dir });
});
afterEach(() => {
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

function append(target: string, at = T0, action = 'key.patch', actor = 'key_a'): Promise<void> {
  const by = { via: 'api', id: actor, name: `name of ${actor}`, address: '10.0.0.1' } as const;
  const entry = { by, action, target, before: { n: 1 }, after: { n: 2 } };
  return store.write((sqlite) => appendAudit(sqlite, entry, at));
}

async function five(): Promise<void> {
  for (const n of [1, 2, 3, 4, 5]) await append(`k${n}`, T0 + n * DAY_MS);
}

/** As somebody would who has the file. */
function behindItsBack(...statements: readonly string[]): void {
  for (const trigger of ['is_not_changed', 'is_not_removed', 'is_not_replaced'])
    store.sqlite.run(`DROP TRIGGER audit_${trigger}`);
  for (const statement of statements) store.sqlite.run(statement);
}

const targets = (entries: readonly { readonly target: string }[]) =>
  entries.map(({ target }) => target);

describe('the database refuses', () => {
  test.each([
    "UPDATE audit SET target = 'x' WHERE id = 2",
    'DELETE FROM audit WHERE id = 2',
    'DELETE FROM audit',
    "INSERT OR REPLACE INTO audit (id, at, via, action, target, previous_hash, hash) VALUES (2, 0, 'x', 'x', 'x', 'x', 'x')",
    "INSERT INTO audit (id, at, via, action, target, previous_hash, hash) VALUES (0, 0, 'x', 'x', 'x', 'x', 'x')",
  ])('%s', async (statement) => {
    await five();
    expect(() => store.sqlite.run(statement)).toThrow('append-only');
    expect(verifyAudit(store.sqlite)).toMatchObject({ ok: true, entries: 5 });
  });
});

describe('the chain', () => {
  test('holds, also over a change that was undone', async () => {
    expect(verifyAudit(store.sqlite)).toEqual({ ok: true, entries: 0, head: null });
    await five();
    const undone = store.write((sqlite) => {
      const by = { via: 'cli', id: null } as const;
      appendAudit(sqlite, { by, action: 'a', target: 't', before: null, after: null }, T0);
      throw new RangeError('the change failed');
    });
    expect(await undone.then(() => null, Object)).toBeInstanceOf(RangeError);
    await append('k6');
    const verdict = verifyAudit(store.sqlite);
    expect(verdict).toMatchObject({ ok: true, entries: 6, head: { id: 6 } });
  });

  test.each([
    ['a word', "UPDATE audit SET target = 'other' WHERE id = 3", 3, 'was changed'],
    ['what was before', 'UPDATE audit SET before = NULL WHERE id = 3', 3, 'was changed'],
    ['a time', 'UPDATE audit SET at = at + 1 WHERE id = 1', 1, 'was changed'],
    ['who', "UPDATE audit SET actor_name = 'x' WHERE id = 5", 5, 'was changed'],
    [
      'words moved',
      "UPDATE audit SET action = 'key', target = '.patchk2' WHERE id = 2",
      2,
      'was changed',
    ],
    ['one taken out', 'DELETE FROM audit WHERE id = 3', 4, '1 before it are missing'],
    ['the oldest', 'DELETE FROM audit WHERE id <= 2', 2, 'all before it are gone'],
    ['the newest', 'DELETE FROM audit WHERE id = 5', 5, 'missing'],
    ['all', 'DELETE FROM audit', 1, 'missing'],
    ['another hash', "UPDATE audit SET hash = 'x' WHERE id = 4", 4, 'was changed'],
  ])('shows %s', async (_, statement, id, problem) => {
    await five();
    behindItsBack(statement);
    expect(verifyAudit(store.sqlite)).toEqual({
      ok: false,
      id,
      problem: expect.stringContaining(problem),
    });
    // What is added later hides nothing.
    await append('later');
    expect(verifyAudit(store.sqlite).ok).toBe(false);
  });

  test('made anew from the start is told from its earlier head', async () => {
    await five();
    const verdict = verifyAudit(store.sqlite);
    const head = verdict.ok ? verdict.head : null;
    expect(verifyAudit(store.sqlite, head)).toMatchObject({ ok: true });
    behindItsBack('DELETE FROM audit', "DELETE FROM sqlite_sequence WHERE name = 'audit'");
    for (const n of [1, 2, 3, 4, 5, 6]) await append(`made up ${n}`);
    expect(verifyAudit(store.sqlite)).toMatchObject({ ok: true, entries: 6 });
    expect(verifyAudit(store.sqlite, head)).toMatchObject({ ok: false, id: 5 });
  });
});

describe('pruning', () => {
  test('removes what is older, says so, and the chain holds from there', async () => {
    await five();
    const before = verifyAudit(store.sqlite);
    const prune = (at: number) => store.write((sqlite) => pruneAudit(sqlite, at, T0 + 9 * DAY_MS));
    expect(await prune(T0)).toBe(0);
    expect(await prune(T0 + 3 * DAY_MS)).toBe(2);
    const { entries } = auditPage(store.sqlite, {}, 10, null, 'oldest-first');
    expect(targets(entries)).toEqual(['k3', 'k4', 'k5', 'audit']);
    expect(entries.at(-1)).toMatchObject({ action: 'audit.prune', via: 'gateway', actor: null });
    const verdict = verifyAudit(store.sqlite, before.ok ? before.head : null);
    expect(verdict).toMatchObject({ ok: true, entries: 4, head: { id: 6 } });
    expect(() => store.sqlite.run('DELETE FROM audit WHERE id = 3')).toThrow('append-only');
    // And once more, whose word it then is.
    expect(await prune(T0 + 5 * DAY_MS)).toBe(2);
    expect(verifyAudit(store.sqlite)).toMatchObject({ ok: true, entries: 3 });
    // Whoever takes one more than was said is found out.
    behindItsBack('DELETE FROM audit WHERE id = 5');
    expect(verifyAudit(store.sqlite)).toMatchObject({ ok: false, id: 5 });
  });

  test('of everything leaves the word of it', async () => {
    await five();
    expect(await store.write((sqlite) => pruneAudit(sqlite, T0 + 99 * DAY_MS, T0))).toBe(5);
    expect(verifyAudit(store.sqlite)).toMatchObject({ ok: true, entries: 1, head: { id: 6 } });
  });
});

describe('a page', () => {
  test('is of what matches, newest first, and goes on where it ended', async () => {
    await five();
    await append('r', T0 + 6 * DAY_MS, 'router.create', 'key_b');
    const page = (filter: object, limit = 10, behind: number | null = null) =>
      auditPage(store.sqlite, filter, limit, behind);
    expect(targets(page({}).entries)).toEqual(['r', 'k5', 'k4', 'k3', 'k2', 'k1']);
    const first = page({}, 4);
    expect([targets(first.entries), first.next]).toEqual([['r', 'k5', 'k4', 'k3'], 3]);
    expect(page({}, 4, first.next)).toMatchObject({ next: null, entries: [{ id: 2 }, { id: 1 }] });
    expect(targets(page({ action: 'key.*' }, 2).entries)).toEqual(['k5', 'k4']);
    expect(targets(page({ action: 'router.create' }).entries)).toEqual(['r']);
    expect(targets(page({ action: 'ke.*' }).entries)).toEqual([]);
    expect(targets(page({ actor: 'key_b' }).entries)).toEqual(['r']);
    expect(targets(page({ actor: 'name of key_b' }).entries)).toEqual(['r']);
    expect(targets(page({ target: 'k2', actor: 'key_a' }).entries)).toEqual(['k2']);
    const time = { from: T0 + 2 * DAY_MS, to: T0 + 4 * DAY_MS };
    expect(targets(page(time).entries)).toEqual(['k3', 'k2']);
  });

  test('ends early where its entries are large', async () => {
    const by = { via: 'cli', id: null } as const;
    const large = 'x'.repeat(2_100_000);
    for (const target of ['a', 'b', 'c'])
      await store.write((sqlite) =>
        appendAudit(sqlite, { by, action: 'a', target, before: null, after: large }, T0),
      );
    const page = auditPage(store.sqlite, {}, 10, null);
    expect([targets(page.entries), page.next]).toEqual([['c', 'b'], 2]);
  });
});

test('who acted is found by id and by name, in order, page by page, without a look at everybody else', async () => {
  // The last of them has the first one's name for its id.
  for (const [n, actor] of ['key_a', 'key_b', 'key_a', 'key_b', 'name of key_a'].entries())
    await append(`k${n}`, T0, 'key.patch', actor);
  const all = (actor: string, order: 'newest-first' | 'oldest-first') => {
    const found: string[] = [];
    let behind: number | null = null;
    do {
      const page = auditPage(store.sqlite, { actor, action: 'key.*' }, 2, behind, order);
      found.push(...targets(page.entries));
      behind = page.next;
    } while (behind !== null);
    return found;
  };
  expect(all('key_a', 'newest-first')).toEqual(['k2', 'k0']);
  expect(all('name of key_a', 'newest-first')).toEqual(['k4', 'k2', 'k0']);
  expect(all('name of key_a', 'oldest-first')).toEqual(['k0', 'k2', 'k4']);
  await store.write((sqlite) => {
    const by = { via: 'api', id: 'admin', name: 'admin' } as const;
    const entry = { by, action: 'key.patch', target: 'once', before: null, after: null };
    appendAudit(sqlite, entry, T0);
  });
  expect(all('admin', 'newest-first')).toEqual(['once']);
  const { text, values } = pageQuery({ actor: 'ann' }, 100, 5, 'newest-first');
  const plan = store.sqlite
    .query<{ detail: string }, (string | number)[]>(`EXPLAIN QUERY PLAN ${text}`)
    .all(...values)
    .map(({ detail }) => detail)
    .join('\n');
  expect(plan).toContain('audit_actor_name (actor_name=? AND');
  expect(plan).toMatch(/audit_actor \(actor=\? AND/);
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
});
