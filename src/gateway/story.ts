// Story: what a recording has to tell of its exchange, as things stand: made into a reply's metadata and into a row.
import type { NearMiss, Recall, Saved } from '../core/cached-answer.ts';
import type { GatewayError } from '../core/errors.ts';
import type { AttemptOutcome, Exchange, ReplyMetadata } from '../core/exchange.ts';
import type { Plan } from '../core/plan.ts';
import type { RecordingStart } from './recorded-request.ts';
import { whyRecalled, whyThisModel } from './told-attempts.ts';

export interface Story {
  readonly start: RecordingStart;
  readonly plan: Plan | null;
  readonly attempts: readonly AttemptOutcome[];
  /** Who answered: of an answer that broke off, the last of whom the caller has something. */
  readonly answered: { readonly model: string; readonly provider: string } | null;
  /** Whose answer it got; null: its own. */
  readonly recall: Recall | null;
  readonly saved: Saved | null;
  /** The nearest that was not given; null: none was. */
  readonly near: NearMiss | null;
  readonly look: Exchange['cacheLook'];
  readonly resumed: boolean;
  readonly estimated: boolean;
  readonly losses: readonly string[];
  readonly restored: ReadonlySet<string> | null;
  readonly added: ReadonlySet<string> | null;
  readonly verdict: NonNullable<ReplyMetadata['structured_output']> | null;
  readonly simulated: boolean;
  readonly finishReason: string | null;
  readonly ttftMs: number | null;
  readonly totalMs: number;
}

export function cacheHit({ recall }: Pick<Story, 'recall'>): 'exact' | 'semantic' | null {
  if (recall === null) return null;
  return recall.kind === 'semantic' ? 'semantic' : 'exact';
}

/** One sentence: why this model. */
export function reasoningOf({ recall, plan, attempts, resumed }: Story): string {
  if (recall !== null && attempts.length === 0) return whyRecalled(recall);
  return whyThisModel(plan, attempts, resumed);
}

/** What stays of a recall: a shared answer that broke off is no hit; that its caller left, or was out of time, is another matter. */
export function standing(recall: Recall | null, error: GatewayError | null): Recall | null {
  const broke = error !== null && error.code !== 'client_closed' && error.code !== 'total_timeout';
  return recall?.kind === 'shared' && broke ? null : recall;
}
