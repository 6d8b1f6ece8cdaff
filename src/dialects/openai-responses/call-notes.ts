// What is written down while a call is encoded: what was lost, and prompt-cache marks.
import type { CacheMark, Part } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { findRule } from '../find-rule.ts';

export class CallNotes {
  readonly losses: string[] = [];
  /** The model takes prompt-cache marks on content. */
  readonly takesMarks: boolean;
  readonly #target: Target;
  #marksDropped = 0;
  #ttlsDropped = 0;

  constructor(target: Target) {
    this.#target = target;
    this.takesMarks =
      findRule(target.model, target.quirks.modelRules ?? [])?.cacheBreakpoints === true;
  }

  lose(path: string, problem: string): void {
    this.losses.push(`${path}: ${problem}`);
  }

  loseOpaque(path: string, dialect: string, type: Json | undefined): void {
    this.lose(
      path,
      `${typeof type === 'string' ? type : 'a part'} belongs to ${dialect} and cannot be carried`,
    );
  }

  /**
   * The content part with its mark. This wire has one lifetime for all marks, of at least half an hour
   * (developers.openai.com/api/docs/guides/prompt-caching): an hour cannot be asked for.
   */
  withMark(part: JsonRecord, cache: CacheMark | undefined): JsonRecord {
    if (cache === undefined) return part;
    if (!this.takesMarks) {
      this.#marksDropped += 1;
      return part;
    }
    if (cache.ttl === '1h') this.#ttlsDropped += 1;
    return { ...part, prompt_cache_breakpoint: { mode: 'explicit' } };
  }

  /** Counts the marks of parts that are written where none can stand. */
  dropMarks(parts: readonly Pick<Part, 'cache'>[]): void {
    for (const part of parts) if (part.cache !== undefined) this.#marksDropped += 1;
  }

  /** One line for all marks that had no place, and one for lifetimes. */
  loseMarks(): void {
    const count = this.#marksDropped;
    if (count > 0)
      this.lose(
        'cache_control',
        `${count} prompt-cache ${count === 1 ? 'mark has' : 'marks have'} no place here; ${this.#target.model} may cache unasked`,
      );
    if (this.#ttlsDropped > 0)
      this.lose('cache_control.ttl', 'this wire keeps every marked prefix equally long');
  }
}
