// Checks of the fields that an endpoint has on every wire; each names the field it refuses.
import { GatewayError, invalid } from '../core/errors.ts';
import { asArray, type Json, type JsonObject } from '../lib/json.ts';

/** A text that must be there. */
export function needText(body: JsonObject, field: string): void {
  const value = body[field];
  if (value === undefined || value === null) throw invalid(field, 'is required: send a string');
  if (typeof value !== 'string') throw invalid(field, 'must be a string');
  if (value === '') throw invalid(field, 'must not be empty');
}

/** Something that must be there: a text or a list that is not empty. */
export function needInput(body: JsonObject, field: string): void {
  const value = body[field];
  if (value === undefined || value === null)
    throw invalid(field, 'is required: send a string or an array');
  if (typeof value !== 'string' && !Array.isArray(value))
    throw invalid(field, 'must be a string or an array');
  if (value.length === 0) throw invalid(field, 'must not be empty');
}

/** A positive whole number, where there is one. Forms carry numbers as texts. */
export function checkCount(body: JsonObject, field: string): void {
  const value = body[field];
  if (value === undefined || value === null) return;
  const count = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (!(typeof count === 'number' && Number.isInteger(count) && count > 0))
    throw invalid(field, 'must be a positive whole number');
}

/** One of a few words, where there is one. */
export function checkWord(body: JsonObject, field: string, words: readonly string[]): void {
  const value = body[field];
  if (value === undefined || value === null) return;
  if (typeof value !== 'string' || !words.includes(value))
    throw invalid(field, `must be ${words.map((word) => `"${word}"`).join(' or ')}`);
}

/** All texts of an input: one, or a list of them. Null where something else is in it, such as lists of tokens. */
export function textsOf(input: Json | undefined): readonly string[] | null {
  if (typeof input === 'string') return [input];
  const list = asArray(input);
  return list.length > 0 && list.every((item) => typeof item === 'string')
    ? (list as readonly string[])
    : null;
}

/** The texts, for a wire that knows nothing else. */
export function needTexts(input: Json | undefined, provider: string): readonly string[] {
  const texts = textsOf(input);
  if (texts !== null) return texts;
  throw new GatewayError(
    'unsupported_feature',
    `input: ${provider} takes texts here, not tokens or other inputs.`,
    { param: 'input' },
  );
}

/** A reply that is not what it should be. */
export function notWhatWasAsked(what: string): GatewayError {
  return new GatewayError('upstream_invalid_response', `The provider's reply has no ${what}.`);
}
