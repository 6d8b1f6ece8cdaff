// What is told of a request's attempts: each in a reply's metadata, and all of them in one sentence.
import type { NearMiss, Recall, Saved } from '../core/cached-answer.ts';
import type { AttemptOutcome, ReplyMetadata, ToldNear, ToldRecall } from '../core/exchange.ts';
import type { Plan } from '../core/plan.ts';
import { totalInput, totalOutput } from '../core/usage.ts';

type Attempt = ReplyMetadata['attempts'][number];
type Told = { -readonly [Member in keyof Attempt]: Attempt[Member] };

const NANO_PER_DOLLAR = 1e9;

export function toldAttempt(attempt: AttemptOutcome): Attempt {
  const told: Told = {
    model: attempt.model,
    provider: attempt.provider,
    success: attempt.success,
    status_code: attempt.status,
    duration_ms: attempt.durationMs,
    usage: {
      input_tokens: totalInput(attempt.usage),
      output_tokens: totalOutput(attempt.usage),
    },
    cost_usd: attempt.costNano === null ? null : attempt.costNano / NANO_PER_DOLLAR,
  };
  if (attempt.error !== null) told.error = attempt.error;
  if (attempt.ttftMs !== null) told.time_to_first_token_ms = attempt.ttftMs;
  if (attempt.injected) told.injected = true;
  return told;
}

/** One sentence: why nobody was asked. */
export function whyRecalled({ kind, model, from, ageMs, similarity }: Recall): string {
  if (kind === 'shared')
    return `Sharing the answer of '${model}' to the same request (${from}), which was under way.`;
  const age = `${(ageMs / 1000).toFixed(1)} s ago`;
  if (kind === 'exact')
    return `From the cache: '${model}' answered the same request ${age} (${from}).`;
  const near = similarity === null ? '' : `, similarity ${similarity.toFixed(4)}`;
  return `From the cache: '${model}' answered a request that means the same ${age} (${from}${near}).`;
}

export function toldRecall(recall: Recall, saved: Saved | null): ToldRecall {
  const { kind, from, ageMs, similarity } = recall;
  return {
    from,
    age_ms: ageMs,
    ...(kind === 'shared' ? { shared: true as const } : {}),
    ...(similarity === null ? {} : { similarity, verdict: 'same' as const }),
    ...(saved === null ? {} : { saved: toldSaved(saved) }),
  };
}

export function toldNear({ similarity, guard, shadow, from }: NearMiss): ToldNear {
  return {
    similarity,
    verdict: guard ?? 'same',
    ...(shadow ? { shadow: true as const } : {}),
    ...(from === null ? {} : { from }),
  };
}

function toldSaved({ usage, costNano }: Saved) {
  return {
    input_tokens: totalInput(usage),
    output_tokens: totalOutput(usage),
    cost_usd: costNano === null ? null : costNano / NANO_PER_DOLLAR,
  };
}

/** The words of the first are what clients of Inworld's look for. */
function chosenBy({ requested, routerId }: Plan): string {
  if (routerId !== null) return `Using model chosen by router '${routerId}'`;
  return requested === 'auto' ? 'Using model chosen by auto' : 'Using specified model';
}

/** One sentence: why this model. */
export function whyThisModel(
  plan: Plan | null,
  attempts: readonly AttemptOutcome[],
  resumed: boolean,
): string {
  if (!plan || attempts.length === 0) return 'No model was asked.';
  const notes = plan.why.length === 0 ? '' : ` (${plan.why.join('; ')})`;
  const failures = attempts.filter((attempt) => !attempt.success);
  const before = failures.map(({ model, error }) => `'${model}' failed with ${error}`).join(', ');
  const answered = attempts.find((attempt) => attempt.success);
  if (answered === undefined) {
    const begun = attempts.findLast((attempt) => attempt.ttftMs !== null);
    return begun === undefined
      ? `No candidate answered for '${plan.requested}'${notes}: ${before}.`
      : `'${begun.model}'${notes} began to answer and then failed: ${before}.`;
  }
  if (resumed && before === '')
    return `'${answered.model}'${notes} went on with an answer that another request had begun.`;
  if (resumed)
    return `'${answered.model}'${notes} went on with the answer - success after ${before}.`;
  // A slower one that was asked beside it is no reason.
  if (answered === attempts[0] && failures.every(({ error }) => error === 'race_lost'))
    return `${chosenBy(plan)}: '${answered.model}'${notes} - success.`;
  return `Using fallback model: '${answered.model}'${notes} - success after ${before}.`;
}
