// A page of the log is found by one seek, however deep it lies.
import { expect, test } from 'bun:test';
import { listQuery } from './log-query.ts';

const LAST = '0199c0de-0000-7000-8000-000000000000';
/** Of `LAST`: its first 48 bits. */
const AT = 0x0199c0de0000;

test.each([
  ['the row before, on the way through a range', { to: AT + 86_400_000, cursor: LAST }, LAST],
  ['the range, where the row before lies beyond it', { to: AT - 86_400_000, cursor: LAST }, null],
  ['the row before, in a list without an end', { cursor: LAST }, LAST],
  ['the range, on its first page', { to: AT }, null],
])('it begins at %s', (_, filter, end) => {
  const { sql, parameters } = listQuery({ limit: 10, ...filter });
  // Of two upper ends the database seeks by the first, and reads through to the second.
  expect(sql.split('"id" < ?')).toHaveLength(2);
  const ends = parameters.filter((value) => typeof value === 'string');
  expect(ends).toHaveLength(1);
  if (end !== null) expect(ends).toEqual([end]);
  else expect(String(ends[0]) < LAST || filter.to === AT).toBe(true);
});
