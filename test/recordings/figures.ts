// Counts of what was compared, one line a file, and of the reasons why something was not exact.

export class Figures {
  readonly #files = new Map<string, Map<string, number>>();
  readonly #reasons = new Map<string, number>();

  count(file: string, what: string): void {
    const known = this.#files.get(file) ?? new Map<string, number>();
    known.set(what, (known.get(what) ?? 0) + 1);
    this.#files.set(file, known);
  }

  /** Something was not exact, for a reason that is written down. */
  excuse(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  excused(reason: string): number {
    return this.#reasons.get(reason) ?? 0;
  }

  report(): string {
    const total = new Map<string, number>();
    for (const counts of this.#files.values())
      for (const [what, count] of counts) total.set(what, (total.get(what) ?? 0) + count);
    const files = [...this.#files, ['all', total] as const].map(
      ([file, counts]) =>
        `  ${file}: ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`,
    );
    const reasons = [...this.#reasons].map(([reason, count]) => `  ${count}× ${reason}`);
    return [...files, ...(reasons.length === 0 ? [] : ['  not exact, and why:', ...reasons])].join(
      '\n',
    );
  }
}
