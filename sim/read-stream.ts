// For tests: reads a streamed reply to its end and says what came and how it ended.
import { isObject, type JsonObject } from '../src/lib/json.ts';
import { SseParser } from '../src/lib/sse.ts';

export interface StreamRead {
  /** As it came, decoded. */
  readonly raw: string;
  /** Data of every event that is JSON, in order. */
  readonly events: readonly JsonObject[];
  /** Data of the others: `[DONE]`, broken lines. */
  readonly others: readonly string[];
  /** All text of the answer. */
  readonly text: string;
  /** How many network reads it took. */
  readonly reads: number;
  /** Null where the body ended as HTTP wants it; else what the reader was told. */
  readonly error: Error | null;
}

/** Reads everything; gives up (and hangs up) after `maxMs`. */
export async function readStream(response: Response, maxMs = 5000): Promise<StreamRead> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let raw = '';
  let reads = 0;
  let error: Error | null = null;
  const timer = setTimeout(() => void reader?.cancel(), maxMs);
  try {
    for (;;) {
      const read = await reader?.read();
      if (!read || read.done) break;
      reads += 1;
      raw += decoder.decode(read.value, { stream: true });
    }
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error(String(thrown));
  }
  clearTimeout(timer);
  const parser = new SseParser();
  const frames = [...parser.push(raw), ...parser.end()];
  const events = frames.map((frame) => frame.json).filter((json) => json !== undefined);
  const others = frames.filter((frame) => frame.json === undefined).map((frame) => frame.data);
  return { raw, events, others, text: events.map(textOf).join(''), reads, error };
}

function textOf(event: JsonObject): string {
  const choice: unknown = Array.isArray(event.choices) ? event.choices[0] : undefined;
  const delta = isObject(choice) ? choice.delta : event.delta;
  if (!isObject(delta)) return '';
  const text = delta.content ?? delta.text;
  return typeof text === 'string' ? text : '';
}
