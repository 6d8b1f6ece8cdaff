// Recording: writes down one exchange while it happens, and turns it into reply metadata and, once, into its log row.
import type { NearMiss, Recall, Saved } from '../core/cached-answer.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { Exchange, Outcome, ReplyMetadata } from '../core/exchange.ts';
import type { Candidate, Plan, ProviderKey } from '../core/plan.ts';
import { traceHeaders } from '../core/trace-context.ts';
import type { Usage } from '../core/usage.ts';
import type { JsonObject } from '../lib/json.ts';
import type { AttemptObserver } from './attempt-observer.ts';
import { AttemptRecording, rounded } from './attempt-recording.ts';
import { sumUsage } from './attempt-sums.ts';
import { exchangeOf } from './exchange-of.ts';
import type { OutputVerdict } from './output-verdict.ts';
import { type RecordedRequest, type RecordingStart, UNREAD } from './recorded-request.ts';
import { type Story, standing } from './story.ts';
import { toldReply } from './told-reply.ts';
import { withoutQuotes } from './without-quotes.ts';

/** Told of the finished exchange, exactly once, and of the error it ended with. */
export type Done = (exchange: Exchange, error: GatewayError | null) => void;

export class Recording {
  readonly start: RecordingStart;
  readonly #startedAt = performance.now();
  readonly #done: Done;
  readonly #observer: AttemptObserver | null;
  /** In the order they began. */
  readonly #attempts: AttemptRecording[] = [];
  /** Made with the first note: most exchanges have none. */
  #losses: Set<string> | null = null;
  #request: RecordedRequest = UNREAD;
  /** What is sent on; the log keeps no words of it. */
  #body: JsonObject | null = null;
  #keyId: string | null = null;
  #plan: Plan | null = null;
  #current: AttemptRecording | null = null;
  /** Those the answer is made of. */
  readonly #answering: AttemptRecording[] = [];
  #ttftMs: number | null = null;
  #resumed = false;
  #verdict: OutputVerdict | null = null;
  #watcher: { observe(event: ChatEvent): void } | null = null;
  #finished = false;
  #recall: Recall | null = null;
  /** Of those that are kept. Absent: nobody looked. */
  look: Exchange['cacheLook'];
  #near: NearMiss | null = null;
  /** Why the answer ended, as its caller got it. */
  #finish: string | null = null;
  #saved: () => Saved | null = () => null;
  /** The caller is gone, and the answer goes on for others. */
  #left: GatewayError | null = null;
  readonly #followers: Done[] = [];

  constructor(start: RecordingStart, done: Done, observer: AttemptObserver | null = null) {
    this.start = start;
    this.#done = done;
    this.#observer = observer;
  }

  caller(keyId: string): void {
    this.#keyId = keyId;
  }

  request(request: RecordedRequest): void {
    this.#request = request;
  }

  asks(body: JsonObject): void {
    this.#body = body;
  }

  plan(plan: Plan): void {
    this.#plan = plan;
  }

  /** Something neither the request nor the reply can carry, whoever answers. */
  lose(what: string): void {
    this.#losses ??= new Set();
    this.#losses.add(what);
  }

  /** Sees the answer's events as they pass. */
  watch(watcher: { observe(event: ChatEvent): void }): void {
    this.#watcher = watcher;
  }

  /** Judges the answer's shape as it passes. */
  judge(verdict: OutputVerdict): void {
    this.#verdict = verdict;
  }

  /** It gets an answer that was made for another, or is being made. @param saved asked for when it is told */
  recalled(recall: Recall, saved: () => Saved | null): void {
    this.#recall = recall;
    this.#saved = saved;
  }

  /** No answer of another's serves it: none was there, or none was to be looked for. */
  looked(found: 'miss' | 'bypass'): void {
    this.look = found;
  }

  /** An answer was found that it is not given. */
  near(near: NearMiss): void {
    this.#near = near;
  }

  get recall(): Recall | null {
    return this.#recall;
  }

  /** The answer it shares is gone on with by another. */
  wentOn(): void {
    this.#resumed = true;
  }

  /** What was recalled is not the answer after all: one is asked for. */
  notRecalled(): void {
    this.#recall = null;
  }

  /** Its caller is gone; what is under way goes on for others, and is written down when it is over. */
  left(error: GatewayError): void {
    this.#left ??= error;
  }

  /** Told of the finished exchange, after those who have to be. */
  follow(follower: Done): void {
    this.#followers.push(follower);
  }

  begin(candidate: Candidate, key: ProviderKey | null): AttemptRecording {
    const attempt = new AttemptRecording(
      this.#attempts.length + 1,
      candidate,
      key,
      rounded(performance.now() - this.#startedAt) ?? 0,
    );
    const { id, trace } = this.start;
    if (trace) attempt.trace = traceHeaders(trace, id, attempt.number);
    this.#attempts.push(attempt);
    this.#observer?.began(attempt);
    return attempt;
  }

  /** This attempt is the one that answers, or that goes on with the answer of those before it. */
  adopt(attempt: AttemptRecording): void {
    if (this.#ttftMs !== null) this.#resumed = true;
    this.#current = attempt;
    this.#answering.push(attempt);
    this.#observer?.committed(attempt);
  }

  /** The attempt failed; another may follow. */
  failed(attempt: AttemptRecording, error: GatewayError): void {
    if (attempt.failure !== null) return;
    attempt.fail(error);
    if (this.#current === attempt) this.#current = null;
    this.#observer?.ended(attempt, error);
  }

  /** A piece of the answer, as the caller gets it. */
  observe(event: ChatEvent): void {
    this.#verdict?.observe(event);
    this.#watcher?.observe(event);
    if (event.type === 'finish') this.#finish = event.reason;
    if (event.type !== 'block-delta') return;
    this.#current?.delivered(event.delta);
    this.#ttftMs ??= performance.now() - this.#startedAt;
  }

  /** The answer begins, for answers that are not made of events. */
  begun(): void {
    const current = this.#current;
    current?.begun();
    if (current) current.reached = true;
    this.#ttftMs ??= performance.now() - this.#startedAt;
  }

  /** The attempt that answers; null while none does. */
  get current(): AttemptRecording | null {
    return this.#current;
  }

  /** `provider/model` of what answers, and whether it is simulated; null while nothing does. */
  get answering(): { readonly id: string; readonly simulated: boolean } | null {
    if (this.#recall !== null) return { id: this.#recall.model, simulated: this.#recall.simulated };
    const candidate = this.#current?.candidate;
    if (candidate === undefined) return null;
    return { id: candidate.id, simulated: candidate.configured.provider.simulated ?? false };
  }

  /** Who answers, as things stand. */
  get by(): Story['answered'] {
    return this.#answered(null);
  }

  /** Whose thoughts are in the answer, under the provider's own name for the model; null while nothing answers. */
  get mind(): { readonly provider: string; readonly model: string } | null {
    const candidate = this.#current?.candidate;
    if (candidate !== undefined)
      return { provider: candidate.configured.provider.id, model: candidate.model };
    if (this.#recall === null) return null;
    const { provider, model } = this.#recall;
    return { provider, model: model.slice(provider.length + 1) };
  }

  /** Whether the answer has the shape that was asked for; null where none was. */
  get verdict(): Story['verdict'] {
    return this.#verdict?.verdict() ?? null;
  }

  /** Whether the answer is made by several. */
  get resumed(): boolean {
    return this.#resumed;
  }

  /** Of the answer, whoever made its parts; as far as it is known. */
  usage = (): Usage => sumUsage(this.#answering);

  /** What the reply says of itself, as things stand; a running attempt counts as the one that answers, or that failed with `error`. */
  metadata(error: GatewayError | null = null): ReplyMetadata {
    return toldReply(this.#story(error), error);
  }

  /** Ends the exchange. Later calls do nothing: a request has one row, whatever happens to it. */
  finish(outcome: Outcome, status: number, error: GatewayError | null): void {
    if (this.#finished) return;
    this.#finished = true;
    const ended = { outcome, status, error, left: this.#left };
    const exchange = exchangeOf(this.#story(error), ended, this.#request, this.#keyId);
    for (const attempt of this.#attempts)
      if (attempt.failure === null) this.#observer?.ended(attempt, error);
    const kept = withoutQuotes(exchange, this.#body);
    this.#done(kept, error);
    for (const follower of this.#followers) follower(kept, error);
  }

  /** What there is to tell, as things stand; an attempt that still runs counts as the one that answers, or that failed with `error`. */
  #story(error: GatewayError | null): Story {
    const { restored, added } = this.#latest() ?? { restored: null, added: null };
    return {
      start: this.start,
      plan: this.#plan,
      attempts: this.#attempts.map((attempt) => attempt.outcome(error)),
      answered: this.#answered(error),
      recall: standing(this.#recall, error),
      saved: this.#recall === null ? null : this.#saved(),
      look: this.look,
      near: this.#near,
      resumed: this.#resumed,
      estimated: this.#attempts.some((attempt) => attempt.estimated),
      losses: this.#allLosses(),
      restored,
      added,
      verdict: this.verdict,
      simulated: this.answering?.simulated ?? false,
      finishReason: this.#current?.finishReason ?? (this.#recall === null ? null : this.#finish),
      ttftMs: rounded(this.#ttftMs),
      totalMs: rounded(performance.now() - this.#startedAt) ?? 0,
    };
  }

  /** Who answered: of an answer that broke off, the last of whom the caller has something. */
  #answered(error: GatewayError | null): Story['answered'] {
    const recall = this.#recall;
    if (recall !== null && this.#answering.length === 0)
      return { model: recall.model, provider: recall.provider };
    const attempt =
      error === null ? this.#current : this.#answering.findLast(({ reached }) => reached);
    if (!attempt) return null;
    const { id, configured } = attempt.candidate;
    return { model: id, provider: configured.provider.id };
  }

  /** The attempt whose notes hold: the one that answers, else the last that was tried. */
  #latest(): AttemptRecording | null {
    return this.#current ?? this.#attempts.at(-1) ?? null;
  }

  #allLosses(): readonly string[] {
    // What another candidate could not carry is no loss of the answer's.
    const losses = this.#latest()?.losses ?? null;
    const recalled = this.#recall?.losses ?? [];
    if (this.#losses === null && losses === null) return recalled;
    // What this request lost by itself, the one before it lost too.
    return [...new Set([...(this.#losses ?? []), ...(losses ?? []), ...recalled])];
  }
}
