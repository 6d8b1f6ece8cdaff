// Nearest names for a typo. Only used on error paths.

/** Nobody misspells so much: what is longer is no name, and comparing it with all names would take its time. */
const MAX_LENGTH = 200;

/** Up to `limit` of the names closest to `word`, best first; names too far off to be meant are left out. */
export function nearest(word: string, names: Iterable<string>, limit = 3): string[] {
  if (word.length > MAX_LENGTH) return [];
  const wanted = word.toLowerCase();
  const scored: { readonly name: string; readonly score: number }[] = [];
  for (const name of new Set(names)) {
    const other = name.toLowerCase();
    const contained = wanted.length > 2 && (other.includes(wanted) || wanted.includes(other));
    const score = contained
      ? Math.abs(other.length - wanted.length) * 0.3
      : editDistance(wanted, other);
    if (contained || score <= Math.max(2, Math.floor(wanted.length * 0.4)))
      scored.push({ name, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  const best = scored[0]?.score ?? 0;
  return scored
    .filter((entry) => entry.score <= best + 1)
    .slice(0, limit)
    .map((entry) => entry.name);
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** ` Did you mean "a", "b"?`, or nothing where no name is near. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const near = nearest(word, names);
  return near.length === 0 ? '' : ` Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`;
}
