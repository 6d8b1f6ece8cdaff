// Speech: a valid WAV file, silent, ten milliseconds for each character.
import { asString } from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { countChars } from '../tokens.ts';
import type { Frame } from '../wire.ts';
import type { OperationAnswer, OperationAsk } from './operation.ts';

const HZ = 8000;
const SAMPLES_EACH = 80;
const PIECE_BYTES = 1024;

export function speak({ fields, behaviour }: OperationAsk): OperationAnswer | Refused {
  const input = asString(fields.input);
  if (input === undefined)
    return new Refused(
      "Missing required parameter: 'input'.",
      'input',
      'missing_required_parameter',
    );
  const sound = silence(input.length);
  if (fields.stream_format !== 'sse') return { contentType: 'audio/wav', body: sound };
  const tokens = countChars(input.length);
  const usage = {
    input_tokens: tokens,
    output_tokens: input.length,
    total_tokens: tokens + input.length,
  };
  const event = (body: object) => `data: ${JSON.stringify(body)}\n\n`;
  function* frames(): Generator<Frame, void> {
    for (let at = 0; at < sound.length; at += PIECE_BYTES) {
      const audio = sound.subarray(at, at + PIECE_BYTES).toString('base64');
      yield { kind: 'content', text: event({ type: 'speech.audio.delta', audio }) };
    }
    const told = behaviour.usage === 'none' ? {} : { usage };
    yield { kind: 'end', text: event({ type: 'speech.audio.done', ...told }) };
  }
  return { frames: frames() };
}

/** One channel of eight bits. */
export function silence(characters: number): Buffer {
  const samples = characters * SAMPLES_EACH;
  const bytes = Buffer.alloc(44 + samples, 0x80);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + samples, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(HZ, 24);
  bytes.writeUInt32LE(HZ, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples, 40);
  return bytes;
}
