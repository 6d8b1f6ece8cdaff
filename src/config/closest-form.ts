// Where a setting has several forms: what is wrong with the one whose type the value has.
import type { z } from 'zod';

export function ofClosestForm(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const closest = issue.errors.find((errors) =>
    errors.every(({ code, path }) => code !== 'invalid_type' || path.length > 0),
  );
  if (closest === undefined) return [issue];
  return closest
    .map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
    .flatMap(ofClosestForm);
}
