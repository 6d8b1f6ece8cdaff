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
    const files = [...this.#files].map(([file, counts]) => {
      const said = [...counts].map(([what, count]) => `${count} ${what}`);
      return `  ${file}: ${said.join(', ')}`;
    });
    const reasons = [...this.#reasons].map(([reason, count]) => `  ${count}× ${reason}`);
    return [...files, ...(reasons.length === 0 ? [] : ['  not exact, and why:', ...reasons])].join(
      '\n',
    );
  }
}
