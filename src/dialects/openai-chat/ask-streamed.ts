// A chat completion asked for as a stream, with its usage.
import type { Restated } from '../../core/dialect.ts';
import { asArray, asObject, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { askedStreamed } from '../ask-streamed.ts';

/**
 * Null where a stream would be refused: sound in a file format ("'audio.format' does not support 'wav' when stream=true.
 * Supported values are: 'pcm16'.", as people quote the maker).
 */
export function askStreamed(text: string, body: JsonObject): Restated | null {
  const extra = asObject(body.extra_body) ?? {};
  const modalities = asArray(extra.modalities ?? body.modalities);
  const audio = asObject(extra.audio ?? body.audio);
  if (modalities.includes('audio') && audio?.format !== 'pcm16') return null;
  const options = asObject(body.stream_options) as JsonRecord | undefined;
  return askedStreamed(text, body, { stream_options: { ...options, include_usage: true } });
}
