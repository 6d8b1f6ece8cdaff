// What a caller heard: the answer as the official SDK understood it, and the bytes it came in.
import { createParser } from 'eventsource-parser';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';

export interface HeardFrame {
  readonly event: string | null;
  readonly data: string;
  readonly json: JsonObject | undefined;
}

export interface HeardCall {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** What the SDK made of it, piece by piece and, where it came to an end, as one. */
export interface Understood {
  text: string;
  reasoning: string;
  /** As the SDK's own helper put it together; null where the answer did not come to an end. */
  final: {
    readonly text: string;
    readonly calls: readonly HeardCall[];
    readonly finish: string | null;
    readonly usage: { readonly input: number; readonly output: number } | null;
  } | null;
}

/** What the SDK threw. */
export interface Thrown {
  readonly status: number | null;
  readonly code: string | null;
  readonly message: string;
}

export interface Listened extends Understood {
  readonly status: number;
  readonly isStream: boolean;
  readonly raw: string;
  readonly frames: readonly HeardFrame[];
  readonly thrown: Thrown | null;
  readonly generationId: string;
  readonly metadata: JsonObject | null;
  /** The connection broke before the body's end. */
  readonly broken: boolean;
}

/** A caller waits no longer than this for anything here. */
const PATIENCE_MS = 20_000;

/** A `fetch` for one call of an SDK, that keeps what came. */
export class Tape {
  #response: Response | null = null;
  #raw = '';
  #broken = false;
  #read: Promise<void> = Promise.resolve();

  /** The SDK hangs up at an error it is told of; what stands after it is heard all the same. */
  readonly fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    this.#response = response;
    const [ours, theirs] = response.body?.tee() ?? [null, null];
    this.#read = this.#keep(ours);
    const { status, headers } = response;
    return new Response(theirs, { status, headers });
  };

  async #keep(body: ReadableStream<Uint8Array> | null): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const piece of body ?? []) this.#raw += decoder.decode(piece, { stream: true });
    } catch {
      this.#broken = true;
    }
  }

  async listened(understood: Understood, thrown: Thrown | null): Promise<Listened> {
    await this.#read;
    const response = this.#response;
    const isStream =
      response?.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    const frames = isStream ? framesOf(this.#raw) : [];
    const objects = isStream ? frames.map(({ json }) => json) : [asObject(parseJson(this.#raw))];
    return {
      ...understood,
      status: response?.status ?? 0,
      isStream,
      raw: this.#raw,
      frames,
      thrown,
      generationId: response?.headers.get('x-generation-id') ?? '',
      metadata: objects.map(metadataOf).findLast(Boolean) ?? null,
      broken: this.#broken || response === null,
    };
  }
}

function framesOf(raw: string): readonly HeardFrame[] {
  const frames: HeardFrame[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) =>
      frames.push({ event: event ?? null, data, json: asObject(parseJson(data)) }),
  });
  parser.feed(raw);
  return frames;
}

/** Where the wire's own `metadata` is the caller's, ours has another name. */
function metadataOf(json: JsonObject | undefined): JsonObject | undefined {
  const ours = json?.gateway_metadata ?? asObject(json?.response)?.gateway_metadata;
  return asObject(ours ?? json?.metadata);
}
