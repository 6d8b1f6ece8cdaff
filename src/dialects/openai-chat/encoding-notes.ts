// What is written down while a call is encoded: what was lost, and prompt-cache marks.
import type { CacheMark, Part } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { findRule } from '../find-rule.ts';
import { marksNotTaken } from './cache-marks.ts';
import { cacheControl } from './encode-parts.ts';

export class EncodingNotes {
  readonly losses: string[] = [];
  readonly #target: Target;
  readonly #takesBreakpoints: boolean;
  #marksDropped = 0;

  constructor(target: Target) {
    this.#target = target;
    const rule = findRule(target.model, target.quirks.modelRules ?? []);
    this.#takesBreakpoints = rule?.cacheBreakpoints === true;
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

  /** The part with its mark where the target takes marks; otherwise the mark is counted. */
  withMark(part: JsonRecord, cache: CacheMark | undefined): JsonRecord {
    if (cache === undefined) return part;
    if (this.#target.quirks.cacheControl === true)
      return { ...part, cache_control: cacheControl(cache) };
    // The wire's own maker takes its mark on content, not on tools.
    if (this.#takesBreakpoints && part.type !== 'function')
      return { ...part, prompt_cache_breakpoint: { mode: 'explicit' } };
    this.#marksDropped += 1;
    return part;
  }

  /** Counts the marks of parts that are written where none can stand. */
  dropMarks(parts: readonly Pick<Part, 'cache'>[]): void {
    for (const part of parts) if (part.cache !== undefined) this.#marksDropped += 1;
  }

  /** One line for all marks that had no place. */
  loseMarks(): void {
    const count = this.#marksDropped;
    if (count > 0) this.lose('cache_control', marksNotTaken(count, this.#target.provider));
  }
}
