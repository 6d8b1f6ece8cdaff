// Fitted ids: of the right form, the same every time, and not the same for different calls.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { fitToolId } from './tool-ids.ts';

test('ids of the right form stay, others become so', () => {
  expect(fitToolId('AbCdEf123', 'alnum9')).toBe('AbCdEf123');
  expect(fitToolId('call_1', 'any')).toBe('call_1');
  expect(fitToolId('call_1', undefined)).toBe('call_1');
  fc.assert(
    fc.property(fc.string(), (id) => {
      const fitted = fitToolId(id, 'alnum9');
      expect(fitted).toMatch(/^[A-Za-z0-9]{9}$/);
      expect(fitToolId(id, 'alnum9')).toBe(fitted);
      expect(fitToolId(fitted, 'alnum9')).toBe(fitted);
    }),
  );
});

test('fifty thousand ids that differ in a digit stay different', () => {
  const fitted = new Set(
    Array.from({ length: 50_000 }, (_, at) => fitToolId(`call_${at}`, 'alnum9')),
  );
  expect(fitted.size).toBe(50_000);
});
