// Tokens from characters, where nothing better is known: always told as an estimate.

/** Latin text runs at about four characters a token. */
const CHARS_PER_TOKEN = 4;

export function tokensOfChars(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN);
}
