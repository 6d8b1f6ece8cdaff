// What the journeys ask with, and what the simulated providers answer to it.
import { signThinking } from '../../sim/anthropic-messages/signature.ts';
import { thoughtPieces } from '../../sim/tokens.ts';

/** A picture of one pixel. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** The beginning of a PDF, in base64. */
export const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');

interface SampleTool {
  readonly name: string;
  readonly description: string;
  readonly schema: { readonly type: 'object'; readonly [keyword: string]: unknown };
}

export const WEATHER: SampleTool = {
  name: 'weather',
  description: 'The weather in a city.',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
export const TIME: SampleTool = {
  name: 'time',
  description: 'The time in a zone.',
  schema: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] },
};

/** How every simulated answer begins. */
export const ANSWER = "This is a simulated answer from Switchyard's built-in provider.";
/** Reasoning that was asked for without a measure. */
export const THOUGHT_TOKENS = 12;
export const THOUGHT = thoughtPieces(THOUGHT_TOKENS).join('');
/** What Anthropic's wire signs that reasoning with. */
export const THOUGHT_SIGNATURE = signThinking(THOUGHT);
