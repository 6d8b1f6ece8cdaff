// Pictures: each a valid PNG of one pixel, with the usage of the models that are sold by the token.
import { asNumber, asString } from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { countChars } from '../tokens.ts';
import type { Frame } from '../wire.ts';
import { json, type OperationAnswer, type OperationAsk } from './operation.ts';

/** One grey pixel. */
export const PIXEL_PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';
const TOKENS_EACH = 100;

export function image({ fields, behaviour, created }: OperationAsk): OperationAnswer | Refused {
  const prompt = asString(fields.prompt);
  if (prompt === undefined)
    return new Refused(
      "Missing required parameter: 'prompt'.",
      'prompt',
      'missing_required_parameter',
    );
  const count = Number(fields.n ?? 1);
  const input = countChars(prompt.length);
  const usage = {
    input_tokens: input,
    output_tokens: count * TOKENS_EACH,
    total_tokens: input + count * TOKENS_EACH,
    input_tokens_details: { text_tokens: input, image_tokens: 0 },
  };
  const told = behaviour.usage === 'none' ? {} : { usage };
  if (fields.stream !== true) {
    const data = Array.from({ length: count }, () =>
      fields.response_format === 'url'
        ? { url: 'http://127.0.0.1/simulated.png' }
        : { b64_json: PIXEL_PNG },
    );
    return json({ created, data, output_format: 'png', ...told });
  }
  const event = (type: string, members: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, created_at: created, b64_json: PIXEL_PNG, ...members })}\n\n`;
  function* frames(): Generator<Frame, void> {
    for (let index = 0; index < (asNumber(fields.partial_images) ?? 0); index += 1) {
      const text = event('image_generation.partial_image', { partial_image_index: index });
      yield { kind: 'content', text };
    }
    yield { kind: 'content', text: event('image_generation.completed', told) };
  }
  return { frames: frames() };
}
