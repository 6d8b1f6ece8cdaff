// ReplyTemplates: what was written of one kept answer, by what else a reply hangs on, so that the next of its kind costs little.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import { asObject, type JsonObject } from '../../lib/json.ts';
import type { Inbound } from '../inbound.ts';
import type { Template } from './template.ts';

export interface ReplyTemplate {
  readonly body: Template;
  /** As it is stored, on the wire whose replies can be asked for again; else null. */
  readonly stored: Template | null;
  /** What could not be said in it. */
  readonly losses: readonly string[];
}

/** Of one answer. There are not many ways to ask for it; whoever finds a way is not given the memory. */
const MAX_VARIANTS = 8;

export class ReplyTemplates {
  readonly #known = new Map<string, ReplyTemplate>();

  get(variant: string): ReplyTemplate | undefined {
    return this.#known.get(variant);
  }

  add(variant: string, template: ReplyTemplate): void {
    if (this.#known.size < MAX_VARIANTS) this.#known.set(variant, template);
  }
}

const templatesOf = new WeakMap<CachedAnswer, ReplyTemplates>();

export function replyTemplates(kept: CachedAnswer): ReplyTemplates {
  const known = templatesOf.get(kept);
  if (known !== undefined) return known;
  const templates = new ReplyTemplates();
  templatesOf.set(kept, templates);
  return templates;
}

/**
 * What tells replies to requests that ask the same apart, but for ids and metadata. Null: more than can be told.
 * @param asked the caller's own body
 */
export function variantOf(
  { dialect, stream, options, body }: Pick<Inbound, 'dialect' | 'stream' | 'options' | 'body'>,
  asked: JsonObject,
): string | null {
  const hides = options.reasoning?.exclude === true;
  const counts = asObject(asked.stream_options)?.include_usage === true;
  const form = `${dialect.id} ${stream ? 's' : 'w'}${hides ? 'h' : ''}${counts ? 'u' : ''}`;
  if (dialect.id !== 'openai-responses') return form;
  // A response repeats its request: what a router put to that hides what the caller wrote.
  return body === asked ? form : null;
}
