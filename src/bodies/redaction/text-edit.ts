// A text under redaction: places in it are replaced while marks (where pieces of it begin) keep their place.

/** From the first character to the one after the last. */
export interface Place {
  readonly from: number;
  readonly to: number;
  /** What stands there instead. */
  readonly by: string;
}

export interface MarkedText {
  readonly text: string;
  /** Ascending. */
  readonly marks: readonly number[];
}

/** @param places ascending, none overlapping. A replacement across marks stands before the first of them. */
export function replaced({ text, marks }: MarkedText, places: readonly Place[]): MarkedText {
  if (places.length === 0) return { text, marks };
  let edited = '';
  let at = 0;
  const moved: number[] = [];
  let mark = 0;
  for (const { from, to, by } of places) {
    for (; mark < marks.length && (marks[mark] ?? 0) <= from; mark += 1)
      moved.push(edited.length + (marks[mark] ?? 0) - at);
    edited += text.slice(at, from) + by;
    at = to;
    for (; mark < marks.length && (marks[mark] ?? 0) < to; mark += 1) moved.push(edited.length);
  }
  for (; mark < marks.length; mark += 1) moved.push(edited.length + (marks[mark] ?? 0) - at);
  return { text: edited + text.slice(at), marks: moved };
}
