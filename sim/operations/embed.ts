// Vectors made of the words of a text: texts that share words lie near each other.
import { asArray, asNumber, type Json } from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { countChars } from '../tokens.ts';
import { json, type OperationAnswer, type OperationAsk } from './operation.ts';

const DIMENSIONS = 8;

export function embed({ fields, model, behaviour }: OperationAsk): OperationAnswer | Refused {
  const { input } = fields;
  if (input === undefined || input === null)
    return new Refused(
      "Missing required parameter: 'input'.",
      'input',
      'missing_required_parameter',
    );
  const size = asNumber(fields.dimensions) ?? DIMENSIONS;
  const inputs = inputsOf(input);
  const tokens = inputs.map(tokensOf).reduce((sum, count) => sum + count, 0);
  const base64 = fields.encoding_format === 'base64';
  return json({
    object: 'list',
    data: inputs.map((one, index) => {
      const vector = vectorOf(typeof one === 'string' ? one : JSON.stringify(one), size);
      return { object: 'embedding', index, embedding: base64 ? packed(vector) : [...vector] };
    }),
    model,
    ...(behaviour.usage === 'none'
      ? {}
      : { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
  });
}

/** One text, several, one list of tokens, or several. */
function inputsOf(input: Json): readonly Json[] {
  if (typeof input === 'string') return [input];
  const list = asArray(input);
  return typeof list[0] === 'number' ? [list as Json] : list;
}

function tokensOf(input: Json): number {
  return typeof input === 'string' ? countChars(input.length) : asArray(input).length;
}

/** Of length one. */
function vectorOf(text: string, size: number): Float32Array {
  const sum = new Float64Array(size);
  for (const word of text.toLowerCase().split(/\W+/).concat(text))
    for (let at = 0; at < size; at += 1)
      sum[at] = (sum[at] ?? 0) + Math.sin(Number(Bun.hash.crc32(`${at} ${word}`)));
  const length = Math.hypot(...sum) || 1;
  return Float32Array.from(sum, (value) => value / length);
}

function packed(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString('base64');
}
