// Legacy completions: the prompt is quoted, or so many numbered tokens are said.
import { asArray, asNumber, asObject, asString } from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { countChars, numberedPieces, pieces } from '../tokens.ts';
import type { Frame } from '../wire.ts';
import { json, type OperationAnswer, type OperationAsk } from './operation.ts';

/** https://platform.openai.com/docs/api-reference/completions/create */
const DEFAULT_MAX_TOKENS = 16;

export function completion(ask: OperationAsk): OperationAnswer | Refused {
  const { fields, model, behaviour, created } = ask;
  const prompt = asString(fields.prompt) ?? asArray(fields.prompt).map(String).join('\n');
  if (prompt === '')
    return new Refused(
      "Missing required parameter: 'prompt'.",
      'prompt',
      'missing_required_parameter',
    );
  const wanted =
    behaviour.tokens === null
      ? pieces(behaviour.say ?? ` again: ${prompt}`)
      : numberedPieces(behaviour.tokens);
  const max = asNumber(fields.max_tokens) ?? DEFAULT_MAX_TOKENS;
  const said = wanted.slice(0, max);
  const finish = said.length < wanted.length ? 'length' : 'stop';
  const count = asNumber(fields.n) ?? 1;
  const usage = {
    prompt_tokens: countChars(prompt.length),
    completion_tokens: said.length * count,
    total_tokens: countChars(prompt.length) + said.length * count,
  };
  const head = { id: 'cmpl-simulated', object: 'text_completion', created, model };
  if (fields.stream !== true) {
    const choices = Array.from({ length: count }, (_, index) =>
      choice(index, said.join(''), finish),
    );
    return json({ ...head, choices, ...(behaviour.usage === 'none' ? {} : { usage }) });
  }
  const includeUsage = asObject(fields.stream_options)?.include_usage === true;
  const line = (members: object) => `data: ${JSON.stringify({ ...head, ...members })}\n\n`;
  function* frames(): Generator<Frame, void> {
    for (const text of said)
      yield { kind: 'content', text: line({ choices: [choice(0, text, null)] }) };
    yield { kind: 'end', text: line({ choices: [choice(0, '', finish)] }) };
    if (includeUsage && behaviour.usage !== 'none')
      yield { kind: 'end', text: line({ choices: [], usage }) };
    yield { kind: 'done', text: 'data: [DONE]\n\n' };
  }
  return { frames: frames() };
}

function choice(index: number, text: string, finish: string | null) {
  return { text, index, logprobs: null, finish_reason: finish };
}
