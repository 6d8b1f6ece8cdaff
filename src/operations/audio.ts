// POST /audio/speech, /audio/transcriptions and /audio/translations: text to sound and sound to text.
import { invalid } from '../core/errors.ts';
import type { Operation, OperationId } from '../core/operation.ts';
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { asNumber, asString, type JsonObject } from '../lib/json.ts';
import { needText } from './checks.ts';
import { openaiWire } from './openai-wire.ts';
import { readUsage } from './usage.ts';

/** The answer is bytes of the format asked for, or (`stream_format: "sse"`) events. */
export const speech: Operation = {
  id: 'audio.speech',
  path: '/audio/speech',
  takes: 'json',
  gives: 'bytes',
  check: (body) => needText(body, 'input'),
  // What is sold by the character is counted in characters of the input.
  usageOf: (body) => ({ ...UNKNOWN_USAGE, characters: [...(asString(body.input) ?? '')].length }),
  inputText: () => null,
  wires: { openai: openaiWire({ path: '/audio/speech', answer: null }) },
};

export const transcriptions = fromSound('audio.transcriptions', '/audio/transcriptions');
export const translations = fromSound('audio.translations', '/audio/translations');

/** A form with the sound in it; some take JSON with its address instead. Texts and subtitles come back as plain text. */
function fromSound(id: OperationId, path: string): Operation {
  return {
    id,
    path,
    takes: 'either',
    gives: 'either',
    check(body) {
      const has = ['file', 'url', 'file_url', 'file_id'].some((name) => body[name] != null);
      if (!has) throw invalid('file', 'is required: send the sound as a file of the form');
    },
    usageOf: () => UNKNOWN_USAGE,
    inputText: () => null,
    wires: { openai: openaiWire({ path, answer: 'text', usage: soundUsage }) },
  };
}

/** `verbose_json` of models that are sold by the minute tells the length, with or without a usage. */
function soundUsage(body: JsonObject): Usage {
  const usage = readUsage(body);
  const seconds = usage.seconds ?? asNumber(body.duration);
  return seconds === undefined || seconds < 0 ? usage : { ...usage, seconds };
}
