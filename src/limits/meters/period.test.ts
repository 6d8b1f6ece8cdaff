// When budgets' periods begin and end: against the calendar, day by day over years.
import { expect, test } from 'bun:test';
import { periodAt } from './period.ts';

const DAY = 86_400_000;

test('every moment is in its day, its week from Monday and its month', () => {
  for (let day = Date.UTC(2024, 0, 1); day < Date.UTC(2029, 0, 3); day += DAY) {
    for (const now of [day, day + 1, day + DAY / 2, day + DAY - 1]) {
      expect(periodAt('day', now)).toEqual({ from: day, until: day + DAY });
      const week = periodAt('week', now);
      expect(new Date(week.from).getUTCDay()).toBe(1);
      expect(week.from % DAY).toBe(0);
      expect(week.until).toBe(week.from + 7 * DAY);
      expect(week.from <= now && now < week.from + 7 * DAY).toBe(true);
      const month = periodAt('month', now);
      const [year, number] = [new Date(now).getUTCFullYear(), new Date(now).getUTCMonth()];
      expect(month).toEqual({ from: Date.UTC(year, number), until: Date.UTC(year, number + 1) });
      expect(periodAt('total', now)).toEqual({ from: 0, until: null });
    }
  }
});
