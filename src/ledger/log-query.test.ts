// A page of the log is found by one seek, however deep it lies.
import { expect, test } from 'bun:test';
import { listQuery } from './log-query.ts';

const LAST = '0199c0de-0000-7000-8000-000000000000';
/** Of `LAST`: its first 48 bits. */
const AT = 0x0199c0de0000;

/** Before every id of that millisecond. */
const idsOf = (ms: number) => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
};
// An id is made a moment after its request arrives.
const SLACK_MS = 1000;

test.each([
  ['the row before, on the way through a range', { to: AT + 86_400_000, cursor: LAST }, LAST],
  [
    'the end of the range, where the row before lies beyond it',
    { to: AT - 86_400_000, cursor: LAST },
    idsOf(AT - 86_400_000 + SLACK_MS),
  ],
  ['the row before, in a list without an end', { cursor: LAST }, LAST],
  ['the end of the range, on its first page', { to: AT }, idsOf(AT + SLACK_MS)],
])('it begins at %s', (_, filter, end) => {
  const { sql, parameters } = listQuery({ limit: 10, ...filter });
  // Of two upper ends the database seeks by the first, and reads through to the second.
  expect(sql.split('"id" < ?')).toHaveLength(2);
  expect(parameters.filter((value) => typeof value === 'string')).toEqual([end]);
});
