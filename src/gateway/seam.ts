// Seam: where one model broke off and another goes on: its events, as the rest of the answer that was begun.
import type { Delivered } from '../core/delivered.ts';
import type { ChatEvent } from '../core/event.ts';
import type { Usage } from '../core/usage.ts';
import type { Continued } from './continue-call.ts';
import { Overlap } from './overlap.ts';

/**
 * Events of the continuation in, events that obey the law after those delivered out: no second start, indices that go on,
 * text that goes on in the block that is open, nothing said twice. Reasoning is left out once the caller has seen any part of
 * the answer. The finish carries the usage of all attempts.
 */
export class Seam {
  readonly #overlap: Overlap;
  readonly #sumUsage: () => Usage;
  readonly #hidesReasoning: boolean;
  /** The index of the next block to be opened. */
  #next: number;
  /** What is open at the caller. */
  #open: 'text' | 'other' | null;
  readonly #begun: boolean;
  /** Nothing can be a repetition any more. */
  #past = false;
  /** It was asked to say at least the last words again, and has said something. */
  readonly #mustSpeak: boolean;
  #spoke = false;
  /** What the continuation has open. */
  #kind: 'text' | 'hidden' | 'passed' = 'passed';

  /** @param sumUsage of all attempts; asked for when the continuation has finished. */
  constructor(delivered: Delivered, { style, sent }: Continued, sumUsage: () => Usage) {
    this.#overlap = new Overlap(delivered.text, style, sent);
    this.#mustSpeak = style === 'prompt';
    this.#sumUsage = sumUsage;
    this.#begun = delivered.begun;
    this.#next = delivered.blocks.length;
    this.#hidesReasoning = this.#next > 0;
    const last = delivered.blocks.at(-1);
    if (last === undefined || last.closed) this.#open = null;
    else this.#open = last.start.kind === 'text' ? 'text' : 'other';
  }

  /** The model did not go on but answered anew, in other words: there is nothing to join. */
  get isAnotherAnswer(): boolean {
    return this.#overlap.isAnotherAnswer;
  }

  /** The model said nothing so far, not even what tells that nothing is missing. */
  get isMute(): boolean {
    return this.#mustSpeak && !this.#spoke;
  }

  push(event: ChatEvent): readonly ChatEvent[] {
    switch (event.type) {
      case 'start':
        return this.#begun ? [] : [event];
      case 'block-start':
        return this.#start(event);
      case 'block-delta':
        return this.#delta(event);
      case 'block-end':
        return this.#end();
      case 'usage':
        return [];
      case 'finish':
        return [...this.#rest(), ...this.#close(), { ...event, usage: this.#sumUsage() }];
      case 'error':
        return [event];
    }
  }

  #start(event: Extract<ChatEvent, { type: 'block-start' }>): readonly ChatEvent[] {
    const { kind } = event.block;
    if (kind === 'text') {
      // Opened with its first word: there may be none that is new.
      this.#kind = 'text';
      return [];
    }
    const reasons = kind === 'reasoning' || kind === 'redacted-reasoning';
    if (reasons && this.#hidesReasoning) {
      this.#kind = 'hidden';
      return [];
    }
    this.#spoke = true;
    const before = [...this.#rest(), ...this.#close()];
    this.#kind = 'passed';
    this.#open = 'other';
    return [...before, { ...event, index: this.#next++ }];
  }

  #delta(event: Extract<ChatEvent, { type: 'block-delta' }>): readonly ChatEvent[] {
    const { delta } = event;
    if (this.#kind === 'hidden') return [];
    if (this.#kind === 'passed') return [{ ...event, index: this.#next - 1 }];
    if (delta.kind === 'text') this.#spoke ||= delta.text.trim() !== '';
    if (delta.kind === 'text')
      return this.#text(this.#past ? delta.text : this.#overlap.push(delta.text));
    // A citation of words the caller had from another model would point at the wrong place.
    return this.#open === 'text' && delta.kind !== 'citation'
      ? [{ ...event, index: this.#next - 1 }]
      : [];
  }

  #end(): readonly ChatEvent[] {
    const kind = this.#kind;
    this.#kind = 'passed';
    // Text may go on in the next block of the continuation; the caller's block is closed when something else comes.
    return kind === 'passed' ? this.#close() : [];
  }

  /** What was held as a possible repetition. */
  #rest(): readonly ChatEvent[] {
    if (this.#past) return [];
    this.#past = true;
    return this.#text(this.#overlap.end());
  }

  #text(text: string): readonly ChatEvent[] {
    if (text === '') return [];
    const opening = this.#open === 'text' ? [] : this.#openText();
    const index = this.#next - 1;
    return [...opening, { type: 'block-delta', index, delta: { kind: 'text', text } }];
  }

  #openText(): readonly ChatEvent[] {
    const closing = this.#close();
    this.#open = 'text';
    return [...closing, { type: 'block-start', index: this.#next++, block: { kind: 'text' } }];
  }

  #close(): readonly ChatEvent[] {
    if (this.#open === null) return [];
    this.#open = null;
    return [{ type: 'block-end', index: this.#next - 1 }];
  }
}
