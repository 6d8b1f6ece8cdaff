// WordPieces: what a BERT model's tokenizer makes of a text: how many pieces, and whether it knows them all.

interface TokenizerFile {
  readonly model: {
    readonly vocab: { readonly [piece: string]: number };
    readonly unk_token: string;
    readonly continuing_subword_prefix: string;
    readonly max_input_chars_per_word: number;
  };
}

/** Before and after a text. */
const FRAME_TOKENS = 2;
/** Each a word of its own: punctuation (ASCII's symbols too, as BERT has it) and the characters of Chinese. */
const ALONE = /[\p{P}$+<=>^`|~]|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2fa1f}]/gu;
const ACCENTS = /\p{Mn}/gu;
/** Dropped before anything else. */
const CONTROL = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu;

export class WordPieces {
  readonly #pieces: ReadonlySet<string>;
  readonly #prefix: string;
  readonly #longestWord: number;

  private constructor({ model }: TokenizerFile) {
    this.#pieces = new Set(Object.keys(model.vocab));
    this.#prefix = model.continuing_subword_prefix;
    this.#longestWord = model.max_input_chars_per_word;
  }

  /** @param file `tokenizer.json`, of a lower-casing WordPiece model */
  static of(file: string): WordPieces {
    return new WordPieces(JSON.parse(file) as TokenizerFile);
  }

  /** Whether the whole text is no more than so many tokens, none of them unknown. */
  reads(text: string, maxTokens: number): boolean {
    let tokens = FRAME_TOKENS;
    for (const word of wordsOf(text)) {
      const pieces = this.#piecesOf(word, maxTokens - tokens);
      if (pieces === null) return false;
      tokens += pieces;
      if (tokens > maxTokens) return false;
    }
    return true;
  }

  /** The longest piece first, as the model was taught. Null: it does not know the word, or there are too many. */
  #piecesOf(word: string, most: number): number | null {
    const letters = [...word];
    if (letters.length > this.#longestWord) return null;
    let pieces = 0;
    for (let start = 0; start < letters.length; ) {
      const end = this.#endOfPiece(letters, start);
      pieces += 1;
      if (end === start || pieces > most) return null;
      start = end;
    }
    return pieces;
  }

  #endOfPiece(letters: readonly string[], start: number): number {
    for (let end = letters.length; end > start; end -= 1) {
      const piece = letters.slice(start, end).join('');
      if (this.#pieces.has(start === 0 ? piece : this.#prefix + piece)) return end;
    }
    return start;
  }
}

function wordsOf(text: string): readonly string[] {
  return text
    .replace(CONTROL, '')
    .replace(ALONE, ' $& ')
    .normalize('NFD')
    .replace(ACCENTS, '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}
