// A size in bytes, as people write it: `"16MB"`.
import { z } from 'zod';

const SIZE = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)?$/i;
const SIZE_UNITS: { readonly [unit: string]: number } = {
  B: 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
};

/** `"16MB"` or a number of bytes, parsed to bytes. */
export const size = z
  .union([z.number().int().positive(), z.string()])
  .transform((value, context) => {
    const match = SIZE.exec(String(value));
    if (match)
      return Math.round(Number(match[1]) * (SIZE_UNITS[(match[2] ?? 'B').toUpperCase()] ?? 1));
    context.addIssue({ code: 'custom', message: 'must be a size such as "16MB"' });
    return z.NEVER;
  });
