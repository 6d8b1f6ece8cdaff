// Events → a stream of this wire: numbered events, and the whole response again in the last one.
import type { Encoder, MetadataSource, ReplyContext } from '../../core/dialect.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { laterUsage, UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { sseText } from '../../lib/sse.ts';
import { failureFrames, metadataMember, responseError } from './encode-error.ts';
import { encodeUsage } from './encode-usage.ts';
import { endingOf } from './ending.ts';
import { OutputItems, type PassedOutput } from './output-items.ts';
import { ResponseObject } from './response-object.ts';

/** A response that the caller has a part of. */
export interface PassedResponse {
  /** As it began, in the caller's sight. */
  readonly response: JsonObject;
  /** The number of the next event. */
  readonly sequence: number;
  /** False: it was only created. */
  readonly inProgress: boolean;
  readonly items: PassedOutput;
}

export class StreamEncoder implements Encoder {
  readonly #context: ReplyContext;
  readonly #metadata: MetadataSource;
  readonly #response: ResponseObject;
  readonly #items: OutputItems;
  /** What of the stream the caller has already; null: nothing. */
  readonly #passed: PassedResponse | null;
  #text = '';
  #sequence: number;
  #begun = false;
  #over = false;
  #usage: Usage = UNKNOWN_USAGE;

  constructor(
    context: ReplyContext,
    metadata: MetadataSource,
    passed: PassedResponse | null = null,
  ) {
    this.#context = context;
    this.#metadata = metadata;
    this.#passed = passed;
    this.#sequence = passed?.sequence ?? 0;
    this.#response = new ResponseObject(context, passed?.response);
    this.#items = new OutputItems(context, (type, members) => this.#tell(type, members));
  }

  push(event: ChatEvent): string {
    if (this.#over) return '';
    this.#text = '';
    if (!this.#begun) this.#begin();
    switch (event.type) {
      case 'start':
        break;
      case 'block-start':
        this.#items.start(event.block);
        break;
      case 'block-delta':
        this.#items.delta(event.delta);
        break;
      case 'block-end':
        this.#items.end();
        break;
      case 'usage':
        this.#usage = laterUsage(this.#usage, event.usage);
        break;
      case 'finish':
        this.#finish(event);
        break;
      case 'error':
        this.#fail(event.error);
        break;
    }
    return this.#text;
  }

  fail(error: GatewayError): string {
    return this.push({ type: 'error', error });
  }

  #begin(): void {
    this.#begun = true;
    const passed = this.#passed;
    if (passed?.inProgress) {
      this.#items.resume(passed.items);
      return;
    }
    const response = this.#response.write([], { status: 'in_progress', usage: null }) as Json;
    if (passed === null) this.#tell('response.created', { response });
    this.#tell('response.in_progress', { response });
  }

  #finish({ reason, usage }: Extract<ChatEvent, { type: 'finish' }>): void {
    this.#over = true;
    const ending = endingOf(reason, this.#items.refused);
    this.#items.close(ending.status);
    const metadata = this.#metadata();
    const response = this.#response.write(this.#items.done, {
      ...ending,
      usage: encodeUsage(laterUsage(this.#usage, usage)),
      durationMs: metadata.total_duration_ms,
    });
    this.#context.keep?.(response);
    this.#tell(`response.${ending.status}`, {
      response: { ...response, ...metadataMember(metadata) } as Json,
    });
  }

  /** What was open stays so: nobody said that it is whole. */
  #fail(error: GatewayError): void {
    this.#over = true;
    const response = this.#response.write(this.#items.done, {
      status: 'failed',
      error: responseError(error),
      usage: encodeUsage(this.#usage),
    });
    const told = { ...response, ...metadataMember(this.#metadata()) };
    this.#text += failureFrames(error, told, this.#sequence);
  }

  #tell(type: string, members: JsonObject): void {
    const data = { type, sequence_number: this.#sequence, ...members };
    this.#sequence += 1;
    this.#text += sseText(JSON.stringify(data), type);
  }
}
