// Quiet periods by the clock of a place.
import { expect, test } from 'bun:test';
import { isQuiet, toldNow } from './quiet.ts';

const at = (text: string) => Date.parse(text);

test('a night goes past midnight, and belongs to the day on which it begins', () => {
  const weekdays = [{ days: ['fri' as const], from: '22:00', to: '07:00' }];
  for (const [time, expected] of [
    ['2026-11-13T21:59:59Z', false],
    ['2026-11-13T22:00:00Z', true],
    ['2026-11-14T06:59:59Z', true],
    ['2026-11-14T07:00:00Z', false],
    ['2026-11-14T22:30:00Z', false],
    ['2026-11-13T06:00:00Z', false],
  ] as const)
    expect([time, isQuiet(weekdays, 'warning', at(time))]).toEqual([time, expected]);
});

test('a period within a day, and a whole day', () => {
  const noon = [{ from: '12:00', to: '13:00' }];
  expect(isQuiet(noon, 'info', at('2026-11-13T12:30:00Z'))).toBe(true);
  expect(isQuiet(noon, 'info', at('2026-11-13T13:00:00Z'))).toBe(false);
  const sunday = [{ days: ['sun' as const], from: '00:00', to: '00:00' }];
  expect(isQuiet(sunday, 'info', at('2026-11-15T00:00:00Z'))).toBe(true);
  expect(isQuiet(sunday, 'info', at('2026-11-15T23:59:00Z'))).toBe(true);
  expect(isQuiet(sunday, 'info', at('2026-11-14T23:59:00Z'))).toBe(false);
  expect(isQuiet(sunday, 'info', at('2026-11-16T00:00:00Z'))).toBe(false);
});

test("goes by the place's clock, summer and winter", () => {
  const berlin = [{ from: '22:00', to: '07:00', timezone: 'Europe/Berlin' }];
  expect(isQuiet(berlin, 'info', at('2026-07-10T20:30:00Z'))).toBe(true);
  expect(isQuiet(berlin, 'info', at('2026-12-10T20:30:00Z'))).toBe(false);
  expect(isQuiet(berlin, 'info', at('2026-12-10T21:00:00Z'))).toBe(true);
  expect(isQuiet(berlin, 'info', at('2026-07-11T05:30:00Z'))).toBe(false);
});

test('what is excepted is told all the same', () => {
  const night = [{ from: '00:00', to: '00:00', except: ['critical' as const] }];
  expect(toldNow(night, ['info', 'warning', 'critical'], at('2026-11-13T03:00:00Z'))).toEqual([
    'critical',
  ]);
  expect(toldNow([], ['info', 'critical'], 0)).toEqual(['info', 'critical']);
});
