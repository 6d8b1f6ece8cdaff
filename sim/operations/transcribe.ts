// Transcripts: they say how large the file was and what it is called, in every format there is.
import { asNumber, asObject, asString } from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { pieces } from '../tokens.ts';
import type { Frame } from '../wire.ts';
import { json, type OperationAnswer, type OperationAsk } from './operation.ts';

const SECONDS = 12;
const PROMPT_TOKENS = 5;

export function transcribe({ fields, behaviour }: OperationAsk): OperationAnswer | Refused {
  const file = asObject(fields.file);
  if (file === undefined)
    return new Refused("Missing required parameter: 'file'.", 'file', 'missing_required_parameter');
  const bytes = asNumber(file.bytes) ?? 0;
  const text =
    behaviour.say ?? `A simulated transcript of ${bytes} bytes of ${asString(file.filename)}.`;
  const said = pieces(text);
  const usage = {
    type: 'tokens',
    input_tokens: PROMPT_TOKENS + SECONDS * 10,
    input_token_details: { text_tokens: PROMPT_TOKENS, audio_tokens: SECONDS * 10 },
    output_tokens: said.length,
    total_tokens: PROMPT_TOKENS + SECONDS * 10 + said.length,
  };
  const told = behaviour.usage === 'none' ? {} : { usage };
  if (fields.stream === 'true') return { frames: frames(said, told) };
  switch (fields.response_format) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
    case 'srt':
      return {
        contentType: 'text/plain; charset=utf-8',
        body: `1\n00:00:00,000 --> 00:00:12,000\n${text}\n\n`,
      };
    case 'vtt':
      return {
        contentType: 'text/vtt; charset=utf-8',
        body: `WEBVTT\n\n00:00.000 --> 00:12.000\n${text}\n\n`,
      };
    case 'verbose_json':
      return json({
        task: 'transcribe',
        language: 'english',
        duration: SECONDS,
        text,
        segments: [{ id: 0, start: 0, end: SECONDS, text }],
        ...(behaviour.usage === 'none' ? {} : { usage: { type: 'duration', seconds: SECONDS } }),
      });
    default:
      return json({ text, ...told });
  }
}

function* frames(said: readonly string[], told: object): Generator<Frame, void> {
  const event = (body: object) => `data: ${JSON.stringify(body)}\n\n`;
  for (const delta of said)
    yield { kind: 'content', text: event({ type: 'transcript.text.delta', delta }) };
  yield {
    kind: 'end',
    text: event({ type: 'transcript.text.done', text: said.join(''), ...told }),
  };
}
