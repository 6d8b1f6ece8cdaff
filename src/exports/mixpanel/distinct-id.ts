// distinctIdOf: whose event it is, in the words Mixpanel takes: it refuses whole events for names that look like mistakes.
// docs.mixpanel.com/reference/import-events

/** Refused in any case of letters. */
const REFUSED: ReadonlySet<string> = new Set([
  '-1',
  '0',
  '00000000-0000-0000-0000-000000000000',
  '<nil>',
  '[]',
  'anon',
  'anonymous',
  'false',
  'lmy47d',
  'n/a',
  'na',
  'nil',
  'none',
  'null',
  'true',
  'undefined',
  'unknown',
  '{}',
]);

/** Texts are cut there, and two users must not become one. */
const MAX_BYTES = 255;

/** Nobody's events are taken, and left out of what is counted by user. */
export const NOBODY = '';

/** `NOBODY` where there is no user, or Mixpanel would take none of that name. */
export function distinctIdOf(user: string | null): string {
  if (user === null) return NOBODY;
  const name = user.trim();
  if (name === '' || REFUSED.has(name.toLowerCase())) return NOBODY;
  return Buffer.byteLength(name) > MAX_BYTES ? NOBODY : name;
}
