// From what a rule finds to what is told: begun, worse, reminded, over; acknowledged and silenced.
import { describe, expect, test } from 'bun:test';
import type { AlertRecord } from '../core/alert.ts';
import type { Finding } from './finding.ts';
import { type Looked, transitions } from './transitions.ts';

const MINUTE = 60_000;
const FOUND: Finding = {
  subject: 'user:ann',
  severity: 'warning',
  title: 'Something',
  facts: { figure: '1' },
  todo: 'Do something.',
  see: null,
};

function look(change: Partial<Looked> = {}) {
  return transitions({
    ...{ rule: 'runaway', lingerMs: 5 * MINUTE, findings: [], active: [], now: 100 * MINUTE },
    ...{
      since: 0,
      repeatMs: 60 * MINUTE,
      severity: null,
      newId: () => 'id',
      silencedUntil: () => null,
    },
    ...change,
  });
}

/** Began at 90 minutes. */
function going(change: Partial<AlertRecord> = {}): AlertRecord {
  const [began] = look({ findings: [FOUND], now: 90 * MINUTE });
  if (began === undefined) throw new Error('it did not begin');
  return { ...began.alert, lastSeenAt: 100 * MINUTE, ...change };
}

const kinds = (change: Partial<Looked>) => look(change).map(({ kind }) => kind);

test('what is found for the first time begins, and is told', () => {
  expect(look({ findings: [FOUND] })).toMatchObject([
    { kind: 'firing', alert: { startedAt: 100 * MINUTE, notifiedAt: 100 * MINUTE, level: 1 } },
  ]);
});

test("the operator's severity is in place of the rule's", () => {
  expect(look({ findings: [FOUND], severity: 'info' })[0]?.alert.severity).toBe('info');
});

describe('what goes on', () => {
  test('is written down now and then, and told when it gets worse, not when it gets better', () => {
    const active = [going()];
    expect(look({ active, findings: [FOUND] })).toEqual([]);
    expect(kinds({ active: [going({ lastSeenAt: 99 * MINUTE })], findings: [FOUND] })).toEqual([
      null,
    ]);
    const worse = { ...FOUND, level: 2, severity: 'critical' as const, title: 'Worse' };
    expect(look({ active, findings: [worse] })).toMatchObject([
      { kind: 'firing', alert: { level: 2, severity: 'critical', title: 'Worse' } },
    ]);
    const better = look({
      active: [going({ level: 2, title: 'Worse', lastSeenAt: 99 * MINUTE })],
      findings: [FOUND],
    });
    expect(better).toMatchObject([{ kind: null, alert: { level: 2, title: 'Worse' } }]);
  });

  test('is reminded of until somebody acknowledges it; one that gets worse is news again', () => {
    const old = { notifiedAt: 40 * MINUTE };
    expect(kinds({ active: [going(old)], findings: [FOUND] })).toEqual(['reminder']);
    expect(kinds({ active: [going({ notifiedAt: 41 * MINUTE })], findings: [FOUND] })).toEqual([]);
    expect(kinds({ active: [going({ ...old, once: true })], findings: [FOUND] })).toEqual([]);
    const known = going({ ...old, acknowledgedAt: 95 * MINUTE });
    expect(kinds({ active: [known], findings: [FOUND] })).toEqual([]);
    expect(look({ active: [known], findings: [{ ...FOUND, level: 2 }] })).toMatchObject([
      { kind: 'firing', alert: { acknowledgedAt: null } },
    ]);
  });
});

describe('what is not found', () => {
  test('is over after its time, and that is told', () => {
    expect(look({ active: [going({ lastSeenAt: 96 * MINUTE })] })).toEqual([]);
    expect(look({ active: [going({ lastSeenAt: 95 * MINUTE })] })).toMatchObject([
      { kind: 'resolved', alert: { resolvedAt: 100 * MINUTE } },
    ]);
    expect(kinds({ active: [going({ lastSeenAt: 0, once: true })] })).toEqual([null]);
  });

  test('is not over because another process has just begun to look', () => {
    const active = [going({ lastSeenAt: 0 })];
    expect(look({ active, since: 96 * MINUTE })).toEqual([]);
    expect(kinds({ active, since: 95 * MINUTE })).toEqual(['resolved']);
  });

  test('is over when the rule says so, where it does', () => {
    const active = [going({ lastSeenAt: 0 })];
    expect(look({ active, isOver: () => false })).toEqual([]);
    expect(kinds({ active: [going()], isOver: () => true })).toEqual(['resolved']);
  });
});

describe('in silence', () => {
  const until = 110 * MINUTE;

  test('nothing is told: not that it begins, gets worse, goes on or ends', () => {
    const silent = going({ silencedUntil: until, notifiedAt: 1, lastSeenAt: 0 });
    expect(look({ findings: [FOUND], silencedUntil: () => until })).toMatchObject([
      { kind: null, alert: { notifiedAt: null, silencedUntil: until } },
    ]);
    expect(kinds({ active: [silent], findings: [{ ...FOUND, level: 2 }] })).toEqual([null]);
    expect(kinds({ active: [silent], findings: [FOUND] })).toEqual([null]);
    expect(kinds({ active: [silent] })).toEqual([null]);
  });

  test('what began is told when the silence is over, if it still goes on', () => {
    const began = going({ silencedUntil: until, notifiedAt: null });
    expect(kinds({ active: [began], findings: [FOUND], now: 111 * MINUTE })).toEqual(['firing']);
    expect(kinds({ active: [began], now: 120 * MINUTE })).toEqual([null]);
  });
});
