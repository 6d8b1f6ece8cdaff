// RequestFacts: what a plan may know of the request. Each fact is found when it is first asked for: what nobody reads costs nothing.
import type { Survey } from './survey.ts';

export interface RequestFacts {
  /** The generation id: the draw of a request without a user goes by it. */
  readonly id: string;
  readonly user: string | null;
  /** As the caller wrote it. */
  readonly model: string;
  /** Typed values, as they came. */
  readonly metadata: { readonly [name: string]: unknown };
  readonly promptVariables: { readonly [name: string]: unknown };
  survey(): Survey;
  /** Our estimate of the whole prompt's tokens. */
  promptTokens(): number;
  /** ISO 639-1 of what the user wrote last (`es`); '' where it is too short to tell. */
  language(): string;
  /** How hard the last user turn looks, 0..1. */
  complexity(): number;
  /** How many turns of the user's there are. */
  sessionDepth(): number;
  /**
   * The slash command in force, without its slash: the last one somebody typed at the beginning of a turn; '' when none.
   * @param known the commands that count; null: whatever looks like one
   */
  command(known: ReadonlySet<string> | null): string;
}
