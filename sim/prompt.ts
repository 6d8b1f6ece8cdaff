// Counts a prompt's tokens piece by piece, and keeps the pieces for the prompt cache.
import type { CacheTtl, Seen, Segment } from './ask.ts';
import { countChars } from './tokens.ts';

const IMAGE_TOKENS = 85;
const DOCUMENT_TOKENS = 250;
const AUDIO_TOKENS = 100;

export class Prompt {
  /** Every request has some of the vendor's own. */
  tokens = 3;
  readonly segments: Segment[] = [];
  readonly seen: Seen = { images: 0, documents: 0, audios: 0 };

  add(text: string, mark: CacheTtl | null = null): void {
    this.#push(text, countChars(text.length), mark);
  }

  image(source: string, mark: CacheTtl | null = null): void {
    this.seen.images += 1;
    this.#push(source, IMAGE_TOKENS, mark);
  }

  document(source: string, mark: CacheTtl | null = null): void {
    this.seen.documents += 1;
    this.#push(source, DOCUMENT_TOKENS, mark);
  }

  audio(source: string): void {
    this.seen.audios += 1;
    this.#push(source, AUDIO_TOKENS, null);
  }

  #push(text: string, tokens: number, mark: CacheTtl | null): void {
    this.tokens += tokens;
    this.segments.push({ text, tokens, mark });
  }
}
