// What rules read of a real log.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ledger, openLedger } from '../ledger/open-ledger.ts';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { DAY_MS, HOUR_MS } from '../lib/utc-day.ts';
import { alertUsage } from './alert-usage.ts';

let dataDir: string;
let ledger: Ledger;
const now = Date.now();
const HOUR = Math.floor(now / HOUR_MS) * HOUR_MS;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-alerts-'));
  ledger = openLedger({ dataDir, log: () => {} });
});
afterEach(async () => {
  await ledger.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('hours, a subject’s hours and days, and everybody’s total', async () => {
  const usage = alertUsage(ledger, () => now);
  const row = (at: number, user: string | null, costNano: number | null) =>
    ledger.append(sampleExchange({ at, user, costNano }));
  row(HOUR - 14 * DAY_MS, 'ann', 4e9);
  row(HOUR - 5 * DAY_MS, 'bob', 1e9);
  row(HOUR - 2 * HOUR_MS, 'ann', 2e9);
  row(HOUR - 2 * HOUR_MS + 5, 'ann', 3e9);
  row(HOUR, null, 5e8);
  await ledger.flush();

  expect(await usage.hours(HOUR - 28 * DAY_MS, HOUR + HOUR_MS)).toMatchObject([
    { at: HOUR - 14 * DAY_MS, usd: 4, requests: 1 },
    { at: HOUR - 5 * DAY_MS, usd: 1 },
    { at: HOUR - 2 * HOUR_MS, usd: 5, requests: 2, errors: 0 },
    { at: HOUR, usd: 0.5 },
  ]);
  const hours = { from: HOUR - 2 * DAY_MS, to: HOUR, interval: 'hour' } as const;
  expect(await usage.of('user', 'ann', hours)).toMatchObject([
    { at: HOUR - 2 * HOUR_MS, usd: 5, requests: 2 },
  ]);
  expect(await usage.of('user', 'nobody', hours)).toEqual([]);
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const days = { from: today - 7 * DAY_MS, to: today, interval: 'day' } as const;
  expect(await usage.of('user', 'bob', days)).toMatchObject([{ usd: 1, requests: 1 }]);
  expect(await usage.total('user', HOUR - 28 * DAY_MS, HOUR + HOUR_MS)).toEqual({
    ...{ requests: 4, usd: 10, subjects: 2 },
  });
  expect(await usage.total('key', HOUR - HOUR_MS, HOUR)).toMatchObject({
    requests: 0,
    subjects: 0,
  });
}, 20_000);
