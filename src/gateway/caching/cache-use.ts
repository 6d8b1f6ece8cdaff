// CacheUse: what one request has to do with the cache: what it may be given, and what becomes of its answer.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { KeyRecord } from '../../core/key.ts';
import type { Candidate, Plan } from '../../core/plan.ts';
import type { Answered } from '../attempt.ts';
import type { Inbound } from '../inbound.ts';
import type { Recording } from '../recording.ts';
import type { Snapshot } from '../snapshot.ts';
import { answerKey, promptKey } from './answer-key.ts';
import { answerToKeep, type Finished } from './answer-to-keep.ts';
import type { Answers } from './answers.ts';
import { mayBeCached } from './may-be-cached.ts';
import { type CachePolicy, cachePolicy } from './policy.ts';

export interface CacheAsking {
  readonly inbound: Inbound;
  readonly plan: Plan;
  readonly key: KeyRecord;
  readonly headers: Headers;
  readonly snapshot: Snapshot;
}

/** Null: the cache has nothing to do with the request. */
export function cacheUse(asking: CacheAsking, answers: Answers): CacheUse | null {
  const { inbound, plan, key, headers, snapshot } = asking;
  const { options, user } = inbound;
  const router = plan.settings?.cache;
  const policy = cachePolicy({ options, router, headers, tenant: key.id, user }, snapshot.cache);
  if (policy === null || !mayBeCached(inbound, policy, snapshot.cache)) return null;
  const prompt = promptKey(inbound, policy.owner);
  const first = plan.candidates[0];
  if (prompt === null || first === undefined) return null;
  return new CacheUse(policy, prompt, first, answers);
}

export class CacheUse {
  readonly policy: CachePolicy;
  /** Of an answer of whom the plan would ask first. */
  readonly key: string;
  readonly #prompt: string;
  readonly #answers: Answers;

  constructor(policy: CachePolicy, prompt: string, first: Candidate, answers: Answers) {
    this.policy = policy;
    this.key = answerKey(prompt, first);
    this.#prompt = prompt;
    this.#answers = answers;
  }

  /** What is kept and still does. At once where it is in memory. */
  find(): CachedAnswer | null | Promise<CachedAnswer | null> {
    if (!this.policy.reads) return null;
    const found = this.#answers.store.find(this.key);
    return found instanceof Promise ? found.then((one) => this.#young(one)) : this.#young(found);
  }

  /** Keeps the answer, once its story is told, where it may be given again. @param content asked for then */
  keepAnswer(
    recording: Recording,
    answered: Pick<Answered, 'dialect' | 'plain'>,
    content: Finished['content'],
  ): void {
    if (!this.policy.keeps) return;
    const made = recording.current?.candidate;
    recording.follow((exchange) => {
      const candidate = recording.current?.candidate ?? made;
      if (candidate === undefined) return;
      const valid = recording.verdict?.valid !== false;
      const finished = { exchange, answered, content, valid };
      const kept = answerToKeep(finished, this.policy, this.#answers.now());
      // Whoever answered, the answer is theirs: one of a fallback is not given where its betters would be asked.
      if (kept !== null) this.#answers.store.keep(answerKey(this.#prompt, candidate), kept);
    });
  }

  #young(found: CachedAnswer | null): CachedAnswer | null {
    const { maxAgeMs } = this.policy;
    if (found === null || maxAgeMs === null) return found;
    return this.#answers.now() - found.at <= maxAgeMs ? found : null;
  }
}
