// Large bills: read on another thread, to the same figures and the same refusals.
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { readBillAside } from './bill-reader.ts';

const path = join(import.meta.dir, '../../test/recordings/bills/openai-completions.csv');
const [header = '', row = ''] = readFileSync(path, 'utf8').split('\n');
const ROWS = 20_000;

/** One bucket a minute. */
function large(lines: readonly string[] = []): string {
  const start = Date.parse('2026-11-01') / 1000;
  const rows = Array.from({ length: ROWS }, (_, at) =>
    row.replace('1793491200', String(start + at * 60)),
  );
  return [header, ...rows, ...lines].join('\n');
}

test('the figures are the sums of all its lines, and this thread goes on meanwhile', async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const { figures, days } = await readBillAside({ text: large(), name: 'minutes.csv' });
  clearInterval(timer);
  expect(days).toHaveLength(14);
  const sum = figures.reduce((total, { counts }) => total + (counts.input ?? 0), 0);
  expect([sum, figures.length]).toEqual([ROWS * 53_440, 14]);
  expect(turns).toBeGreaterThan(10);
});

test('what cannot be read is refused as in small ones', async () => {
  const text = large([row.replace(',59200.0,', ',many,')]);
  const thrown = await readBillAside({ text, name: null }).then(() => null, Object);
  expect(thrown).toBeInstanceOf(GatewayError);
  expect((thrown as GatewayError).message).toContain(`line ${ROWS + 2}: input_tokens is "many"`);
  expect((thrown as GatewayError).details.problems).toHaveLength(1);
});
