// CacheUse: what one request has to do with the cache: what it may be given, and what becomes of its answer.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { CallerDialectId } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { KeyRecord } from '../../core/key.ts';
import type { Candidate, Plan } from '../../core/plan.ts';
import { once } from '../../lib/once.ts';
import type { Answered } from '../attempt.ts';
import type { Inbound } from '../inbound.ts';
import type { Recording } from '../recording.ts';
import type { Snapshot } from '../snapshot.ts';
import { answerKey, promptKey } from './answer-key.ts';
import { answerToKeep, type Finished } from './answer-to-keep.ts';
import type { Answers } from './answers.ts';
import { type CacheControl, cacheControl } from './cache-control.ts';
import { mayBeCached } from './may-be-cached.ts';
import { type CachePolicy, cachePolicy } from './policy.ts';
import { storyOf } from './read-answer.ts';
import { type SemanticGround, type SemanticUse, semanticUse } from './semantic-use.ts';
import { whoseAnswers } from './whose-answers.ts';

export interface CacheAsking {
  readonly inbound: Inbound;
  readonly plan: Plan;
  readonly key: KeyRecord;
  readonly headers: Headers;
  readonly snapshot: Snapshot;
}

/** Null: the cache has nothing to do with the request. Throws `cache_miss` where nobody else is to be asked. */
export function cacheUse(asking: CacheAsking, ground: SemanticGround): CacheUse | null {
  const control = cacheControl(asking.headers);
  const use = useOf(asking, control, ground);
  if (use === null && control?.onlyIfCached) throw nothingKept();
  return use;
}

function useOf(
  { inbound, plan, key, snapshot }: CacheAsking,
  control: CacheControl | null,
  ground: SemanticGround,
): CacheUse | null {
  const { options, user } = inbound;
  const router = plan.settings?.cache;
  const asker = { options, router, key: key.cache, control, tenant: key.id, user };
  const policy = cachePolicy(asker, snapshot.cache);
  if (policy === null || !mayBeCached(inbound, policy, snapshot.cache)) return null;
  const prompt = promptKey(inbound, policy.owner);
  const whose = whoseAnswers(plan, ground.health);
  const [first] = whose;
  if (prompt === null || first === undefined) return null;
  const { semantic: settings } = snapshot.cache;
  const semantic = () => semanticUse({ inbound, policy, settings, first, key }, ground);
  const askedIn = inbound.dialect.id;
  return new CacheUse(policy, { prompt, askedIn }, whose, ground.answers, semantic);
}

export class CacheUse {
  readonly policy: CachePolicy;
  /** Of an answer of whom the plan would ask first. */
  readonly key: string;
  /** Of answers that do as well. */
  readonly #others: readonly string[];
  /** Found out when it is asked for: most have their answer before. Null: only the same request has its answer. */
  readonly semantic: () => SemanticUse | null;
  readonly #prompt: string;
  readonly #askedIn: CallerDialectId;
  readonly #answers: Answers;
  /** As it was asked. */
  readonly #drops: number;

  constructor(
    policy: CachePolicy,
    { prompt, askedIn }: { readonly prompt: string; readonly askedIn: CallerDialectId },
    whose: readonly Candidate[],
    answers: Answers,
    semantic: () => SemanticUse | null,
  ) {
    this.policy = policy;
    this.semantic = once(semantic);
    const [key = prompt, ...others] = whose.map((candidate) => answerKey(prompt, candidate));
    this.key = key;
    this.#others = others;
    this.#prompt = prompt;
    this.#askedIn = askedIn;
    this.#answers = answers;
    this.#drops = answers.drops;
  }

  /** What is kept and still does. At once where it is in memory. Throws, or rejects with, `cache_miss` where nobody is to be asked. */
  find(): CachedAnswer | null | Promise<CachedAnswer | null> {
    const { reads, onlyKept } = this.policy;
    const found = reads ? this.#findOf([this.key, ...this.#others]) : null;
    if (!onlyKept || this.semantic() !== null) return found;
    if (found instanceof Promise) return found.then(orNothing);
    return orNothing(found);
  }

  #findOf(keys: readonly string[]): CachedAnswer | null | Promise<CachedAnswer | null> {
    for (const [at, key] of keys.entries()) {
      const found = this.#answers.store.find(key);
      if (found instanceof Promise)
        return found.then((one) => this.#young(key, one) ?? this.#findOf(keys.slice(at + 1)));
      const young = this.#young(key, found);
      if (young !== null) return young;
    }
    return null;
  }

  /** What is kept of prompts that mean the same. Rejects as `find` throws. */
  async recall(
    recording: Recording,
  ): Promise<{ readonly kept: CachedAnswer; readonly similarity: number } | null> {
    const meant = (await this.semantic()?.recall(recording)) ?? null;
    if (meant === null && this.policy.onlyKept) throw nothingKept();
    return meant;
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
      // What was dropped while it was under way may be this.
      if (candidate === undefined || this.#drops !== this.#answers.drops) return;
      const valid = recording.verdict?.valid !== false;
      const askedIn = this.#askedIn;
      const finished = { exchange: withoutOwnLosses(exchange), askedIn, answered, content, valid };
      const kept = answerToKeep(finished, this.policy, this.#answers.now());
      // Whoever answered, the answer is theirs: one of a fallback is not given where its betters would be asked.
      if (kept === null) return;
      const key = answerKey(this.#prompt, candidate);
      this.#answers.store.keep(key, kept);
      this.semantic()?.note(key, candidate, kept);
    });
  }

  #young(key: string, found: CachedAnswer | null): CachedAnswer | null {
    const { maxAgeMs } = this.policy;
    if (found === null) return null;
    if (storyOf(found) === null) {
      // Damaged, or another version's: it would fail whoever it is given to.
      this.#answers.store.forget(key);
      return null;
    }
    if (maxAgeMs === null) return found;
    return this.#answers.now() - found.at <= maxAgeMs ? found : null;
  }
}

/** What its request asked of the cache in vain is nothing to whoever gets its answer. */
function withoutOwnLosses(exchange: Exchange): Exchange {
  const losses = exchange.losses.filter((loss) => !loss.startsWith('cache.'));
  return losses.length === exchange.losses.length ? exchange : { ...exchange, losses };
}

function orNothing(found: CachedAnswer | null): CachedAnswer {
  if (found === null) throw nothingKept();
  return found;
}

function nothingKept(): GatewayError {
  return new GatewayError(
    'cache_miss',
    'No answer to this request is kept, and its Cache-Control header says only-if-cached: nobody was asked. Leave that out to have it answered.',
    { param: 'cache-control' },
  );
}
