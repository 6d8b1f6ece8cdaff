// The chunks of a stream of this wire → the completion they tell.
import type { Gatherer } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { GatheredMembers } from '../gathered-members.ts';
import { wholeReply } from '../whole-reply.ts';
import { isFault } from './fault.ts';
import { GatheredChoice } from './gathered-choice.ts';

/** What of a chunk is not simply the latest that came; padding hides the lengths of chunks and says nothing. */
const OWN: ReadonlySet<string> = new Set([
  'choices',
  'usage',
  'object',
  'x_groq',
  'error',
  'obfuscation',
  'p',
]);
/** The first that says something: recorded, chunks before the answer whose id is empty and whose date is 0. */
const FIRST: ReadonlySet<string> = new Set(['id', 'model', 'created']);

export class CompletionGatherer implements Gatherer {
  readonly #more = new GatheredMembers(2);
  readonly #usage = new GatheredMembers();
  readonly #groq = new GatheredMembers();
  readonly #choices = new Map<number, GatheredChoice>();
  #over = false;

  push(frame: SseFrame): void {
    if (this.#over) return;
    if (frame.data === '[DONE]') {
      this.#over = true;
      return;
    }
    const body = frame.json;
    if (body === undefined || frame.event === 'error') return;
    // Recorded: a chunk that repeats the finish reason as an error. What else it says counts.
    if (isFault(body) && !Array.isArray(body.choices)) return;
    for (const choice of asArray(body.choices)) if (isObject(choice)) this.#choice(choice);
    this.#takeUsage(body.usage);
    this.#vendor(asObject(body.x_groq));
    for (const name of Object.keys(body)) {
      if (OWN.has(name) || (FIRST.has(name) && (!body[name] || this.#more.get(name)))) continue;
      this.#more.put(name, body[name]);
    }
  }

  reply(): JsonObject {
    if (this.#choices.size === 0)
      throw new GatewayError(
        'upstream_invalid_response',
        'The provider ended its stream without an answer in it.',
      );
    const { id, created, model, ...more } = this.#more.object();
    const choices = [...this.#choices].sort(([a], [b]) => a - b);
    return wholeReply({
      ...(id === undefined ? {} : { id }),
      object: 'chat.completion',
      ...(created === undefined ? {} : { created }),
      ...(model === undefined ? {} : { model }),
      choices: choices.map(([, choice]) => choice.choice()),
      ...(this.#usage.isEmpty ? {} : { usage: this.#usage.object() }),
      ...more,
      ...(this.#groq.isEmpty ? {} : { x_groq: this.#groq.object() }),
    });
  }

  #choice(choice: JsonObject): void {
    const index = choice.index ?? 0;
    if (typeof index !== 'number') return;
    const known = this.#choices.get(index) ?? new GatheredChoice(index);
    this.#choices.set(index, known);
    known.take(choice);
    this.#takeUsage(choice.usage);
  }

  /** Told in several places, of which the latest known count of each kind stands. */
  #takeUsage(usage: Json | undefined): void {
    if (isObject(usage)) this.#usage.take(usage);
  }

  /** A vendor's own member, which holds the usage in streams only. */
  #vendor(members: JsonObject | undefined): void {
    if (members === undefined) return;
    const { usage, error: _, ...more } = members;
    this.#takeUsage(usage);
    this.#groq.take(more);
  }
}
