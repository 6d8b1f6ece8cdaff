// PackedChanges: a batch of changes as two strings. Those are handed to another thread as they are, where objects are copied one by one.
import type { Change, KeptKind } from './kept.ts';

export interface PackedChanges {
  /** JSON: a `Row` for each. */
  readonly rows: string;
  /** Their texts, one after the other. */
  readonly texts: string;
}

/** The fourth is the length of its text; null: it has none. */
type Row = readonly [string, KeptKind, string, number | null, number, number];

export function packed(changes: readonly Change[]): PackedChanges {
  const rows = changes.map(({ tenant, kind, key, text, bytes, expiresAt }): Row => {
    const length = text === null ? null : text.length;
    return [tenant, kind, key, length, bytes, expiresAt];
  });
  return {
    rows: JSON.stringify(rows),
    texts: changes.map(({ text }) => text ?? '').join(''),
  };
}

export function unpacked({ rows, texts }: PackedChanges): readonly Change[] {
  let at = 0;
  return (JSON.parse(rows) as readonly Row[]).map(
    ([tenant, kind, key, length, bytes, expiresAt]) => {
      const text = length === null ? null : texts.slice(at, at + length);
      at += length ?? 0;
      return { tenant, kind, key, text, bytes, expiresAt };
    },
  );
}
