// Another maker's reasoning state, carried through a caller of this dialect inside the fields this dialect has for its
// own: callers send thinking blocks back as they got them, so what a maker wants returned comes back, and what is not
// the maker's own is told apart before it is replayed to a model that would refuse it.

/** The `format` of this dialect's own signatures. */
export const OWN_FORMAT = 'anthropic-claude-v1';

const MARK = 'switchyard:';

/** Format and data in one text: `switchyard:openai-responses-v1:gAAAA…`. */
export function pack(format: string | null, data: string): string {
  return `${MARK}${format ?? ''}:${data}`;
}

/** What `pack` wrote; null where the text is the maker's own. */
export function unpack(
  text: string,
): { readonly format: string | null; readonly data: string } | null {
  if (!text.startsWith(MARK)) return null;
  const end = text.indexOf(':', MARK.length);
  if (end === -1) return null;
  const format = text.slice(MARK.length, end);
  return { format: format === '' ? null : format, data: text.slice(end + 1) };
}
