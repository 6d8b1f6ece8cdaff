// Template: a reply that was written once, to be written for others: in the places of its id and its metadata they have their own.
//
// It is made of the first such reply, so that whoever gets a later one gets what the same way of writing gave.

export class Template {
  readonly #before: readonly string[];
  readonly #after: readonly string[];

  private constructor(before: string, after: string, id: string) {
    this.#before = before.split(id);
    this.#after = after.split(id);
  }

  /**
   * Null: it cannot be told where the metadata stands.
   * @param id drawn for this reply, so that nothing else in it looks so
   */
  static of(text: string, id: string, metadata: string): Template | null {
    const at = text.indexOf(metadata);
    if (at === -1 || text.indexOf(metadata, at + 1) !== -1) return null;
    return new Template(text.slice(0, at), text.slice(at + metadata.length), id);
  }

  /** Of a text without metadata. */
  static plain(text: string, id: string): Template {
    return new Template(text, '', id);
  }

  fill(id: string, metadata: string): string {
    return this.#before.join(id) + metadata + this.#after.join(id);
  }
}
