// SemanticUse: what one request has to do with prompts that mean the same: whose answer it may get, and who may get its own.
import { marksOf } from '../../cache/owner-marks.ts';
import { LOCAL_MODEL } from '../../cache/semantic/local-model.ts';
import type { CachedAnswer, CacheOwner } from '../../core/cached-answer.ts';
import { GatewayError } from '../../core/errors.ts';
import type { KeyRecord } from '../../core/key.ts';
import type { Candidate } from '../../core/plan.ts';
import type { Gateway } from '../gateway.ts';
import type { Inbound } from '../inbound.ts';
import type { Recording } from '../recording.ts';
import { partitionBase, partitionKey } from './partition-key.ts';
import type { CachePolicy } from './policy.ts';
import { storyOf } from './read-answer.ts';
import { type EmbeddingGround, providerVectors } from './semantic-provider.ts';
import { answerSimilarity } from './semantic-shadow.ts';
import { lastWords } from './semantic-text.ts';
import type { SemanticSettings } from './settings.ts';

export type SemanticGround = EmbeddingGround & Pick<Gateway, 'answers'>;

/** An answer to a prompt that means the same. */
export interface Meant {
  readonly kept: CachedAnswer;
  /** Of the two prompts. */
  readonly similarity: number;
}

export interface SemanticAsking {
  readonly inbound: Inbound;
  readonly policy: CachePolicy;
  readonly settings: SemanticSettings;
  /** Whom the plan would ask first. */
  readonly first: Candidate;
  readonly key: KeyRecord;
}

type Searched =
  | { readonly end: 'found'; readonly meant: Meant }
  | { readonly end: 'rejected'; readonly similarity: number; readonly guard: string }
  | { readonly end: 'none' | 'gone' | 'late' | 'unavailable' };

/** So often the next nearest is looked at where the nearest has no answer any more. */
const MAX_TRIES = 3;

/** Null: only the same request has its answer. */
export function semanticUse(asking: SemanticAsking, ground: SemanticGround): SemanticUse | null {
  const { inbound, policy, settings } = asking;
  if (policy.mode !== 'semantic') return null;
  const text = lastWords(inbound.dialect.id, inbound.body);
  if (text === null || text.length > settings.maxChars) return null;
  const base = partitionBase(inbound, policy.owner);
  return base === null ? null : new SemanticUse(asking, text, base, ground);
}

export class SemanticUse {
  readonly #asking: SemanticAsking;
  readonly #text: string;
  readonly #base: string;
  readonly #ground: SemanticGround;
  /** By the configured provider: asked, and paid, once. */
  #vector: Promise<Float32Array | null> | null = null;
  /** What would have been given. */
  #would: Meant | null = null;

  constructor(asking: SemanticAsking, text: string, base: string, ground: SemanticGround) {
    this.#asking = asking;
    this.#text = text;
    this.#base = base;
    this.#ground = ground;
  }

  /**
   * Null: there is none, or none in time. Rejects only under `strict`, where prompts cannot be compared here at all.
   * What was found and not given is written down.
   */
  async recall(recording: Recording): Promise<Meant | null> {
    const { policy, settings } = this.#asking;
    if (!policy.reads) return null;
    const { tally } = this.#ground.answers.semantic;
    const begun = performance.now();
    const { promise: late, resolve } = Promise.withResolvers<Searched>();
    const timer = setTimeout(() => resolve({ end: 'late' }), settings.timeoutMs);
    const searched = await Promise.race([this.#search(recording), late]);
    clearTimeout(timer);
    const tookMs = performance.now() - begun;
    if (searched.end === 'found') {
      const { meant } = searched;
      tally.searched(policy.shadow ? 'shadow' : 'hit', tookMs);
      if (!policy.shadow) return meant;
      this.#would = meant;
      const { similarity, kept } = meant;
      recording.near({ similarity, guard: null, shadow: true, from: kept.id });
      return null;
    }
    tally.searched(searched.end, tookMs);
    if (searched.end === 'rejected') {
      const { similarity, guard } = searched;
      tally.rejected(guard);
      recording.near({ similarity, guard, shadow: policy.shadow, from: null });
    }
    this.#noteTrouble(recording);
    return null;
  }

  /** The request was answered: whoever asks what means the same may get it. One that is itself another's answer never comes here. */
  note(key: string, answeredBy: Candidate, kept: CachedAnswer): void {
    // Calls of tools do things: they are given again to the same request only.
    if (kept.finishReason !== 'stop') return;
    const { expiresAt, id } = kept;
    const { meanings } = this.#ground.answers.semantic;
    const partition = this.#partition(answeredBy);
    const whose = marksOf({ ...kept.owner, model: kept.model });
    const vector = this.#asking.settings.embedding === null ? null : this.#vectorFor(id);
    meanings.add({ partition, text: this.#text, key, expiresAt, whose, vector });
    if (this.#would !== null) void this.#compare(this.#would, kept);
  }

  /** Never rejects. */
  async #search({ start }: Recording): Promise<Searched> {
    const { policy, settings, first } = this.#asking;
    const { meanings } = this.#ground.answers.semantic;
    const vector = settings.embedding === null ? null : await this.#vectorFor(start.id);
    if (settings.embedding !== null && vector === null) return { end: 'unavailable' };
    const threshold = policy.threshold ?? settings.threshold;
    const query = { partition: this.#partition(first), text: this.#text, vector, threshold };
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const found = await meanings.find(query);
      if (found === null) return { end: tries === 0 ? 'none' : 'gone' };
      const { key, similarity, verdict } = found;
      if (!verdict.same) return { end: 'rejected', similarity, guard: verdict.guard };
      const kept = await this.#ground.answers.store.find(key);
      if (kept !== null && isOf(kept, policy.owner) && storyOf(kept) !== null) {
        if (!isYoung(kept, policy, this.#ground.answers.now())) return { end: 'gone' };
        return { end: 'found', meant: { kept, similarity } };
      }
      meanings.forget(key);
    }
    return { end: 'gone' };
  }

  #partition(candidate: Candidate): string {
    return partitionKey(this.#base, candidate, this.#asking.settings.embedding ?? LOCAL_MODEL);
  }

  async #vectorFor(request: string): Promise<Float32Array | null> {
    this.#vector ??= this.#asked([this.#text], request).then((made) => made?.[0] ?? null);
    return this.#vector;
  }

  /** Vectors by the configured model. */
  async #asked(texts: readonly string[], request: string): Promise<readonly Float32Array[] | null> {
    const { key, inbound, settings } = this.#asking;
    const { meanings } = this.#ground.answers.semantic;
    if (settings.embedding !== null) {
      const by = { key, user: inbound.user, request };
      return providerVectors(settings.embedding, texts, by, this.#ground);
    }
    const made = await Promise.all(texts.map((text) => meanings.embed(text)));
    return made.some((one) => one === null) ? null : (made as Float32Array[]);
  }

  /** Off the caller's way: the answer that was made is compared with the one that would have been given. */
  async #compare({ kept: would, similarity }: Meant, made: CachedAnswer): Promise<void> {
    const alike = await answerSimilarity(would, made, (texts) => this.#asked(texts, made.id));
    if (alike === null) return;
    const { tally } = this.#ground.answers.semantic;
    tally.compared({
      request: made.id,
      from: would.id,
      similarity,
      answerSimilarity: alike,
      savedNano: made.costNano,
    });
  }

  /** What was asked for and is not to be had is said. */
  #noteTrouble(recording: Recording): void {
    const { settings, policy, inbound } = this.#asking;
    const trouble = settings.embedding === null ? this.#ground.answers.semantic.trouble() : null;
    if (trouble === null) return;
    const words = `cache.mode: only the same request is found here, for prompts cannot be compared: ${trouble}`;
    if (inbound.options.strict === true && policy.asked)
      throw new GatewayError(
        'unsupported_feature',
        `"strict" is set and this cannot be honoured: ${words}`,
      );
    recording.lose(words);
  }
}

/** Its partition says so already; an answer of another's must not depend on one key. */
function isOf({ owner }: CachedAnswer, { tenant, user, namespace }: CacheOwner): boolean {
  return owner.tenant === tenant && owner.user === user && owner.namespace === namespace;
}

function isYoung({ at }: CachedAnswer, { maxAgeMs }: CachePolicy, now: number): boolean {
  return maxAgeMs === null || now - at <= maxAgeMs;
}

/** Whether somebody who joined a request may get what that one found: each has a word of their own about it. */
export function mayShareMeant(
  { kept, similarity }: Meant,
  policy: CachePolicy,
  settings: SemanticSettings,
  now: number,
): boolean {
  return (
    policy.mode === 'semantic' &&
    !policy.shadow &&
    policy.reads &&
    similarity >= (policy.threshold ?? settings.threshold) &&
    isYoung(kept, policy, now)
  );
}
