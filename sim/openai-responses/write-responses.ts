// An answer as a whole response, and the pieces both forms share: its items, its envelope, its usage.
import type { Json, JsonObject } from '../../src/lib/json.ts';
import type { Answer, AnswerCall, AnswerUsage } from '../answer.ts';
import type { ReplyContext } from '../wire.ts';
import { stateOf } from './reasoning-state.ts';

/** One item of the output, whole, with the pieces a stream tells it in. */
export type AnswerItem =
  | {
      readonly kind: 'reasoning';
      readonly whole: JsonObject;
      /** Empty: nothing of it is shown. */
      readonly pieces: readonly string[];
    }
  | {
      readonly kind: 'text' | 'refusal';
      readonly whole: JsonObject;
      readonly pieces: readonly string[];
    }
  | { readonly kind: 'call'; readonly whole: JsonObject; readonly call: AnswerCall };

/** The whole reply. */
export function writeResponses(answer: Answer, context: ReplyContext): string {
  const items = answerItems(answer, context);
  return JSON.stringify(new Envelope(context).ended(answer, items));
}

export function answerItems(answer: Answer, context: ReplyContext): readonly AnswerItem[] {
  const items: AnswerItem[] = [];
  const reasoning = reasoningItem(answer, context);
  if (reasoning !== null) items.push(reasoning);
  if (answer.text.length > 0 || answer.calls.length === 0) items.push(messageItem(answer, context));
  return [...items, ...answer.calls.map((call) => callItem(call, context))];
}

/** Shown only as a summary, and only where one was asked for. */
function reasoningItem(answer: Answer, { ask, behaviour, ids }: ReplyContext): AnswerItem | null {
  if (answer.reasoning.length === 0 || behaviour.reasoningField === 'none') return null;
  const text = answer.reasoning.join('');
  return {
    kind: 'reasoning',
    pieces: ask.hidesThinking ? [] : answer.reasoning,
    whole: {
      id: ids.next('rs_', 50),
      type: 'reasoning',
      ...(ask.givesState === true ? { encrypted_content: stateOf(text) } : {}),
      summary: ask.hidesThinking ? [] : [{ type: 'summary_text', text }],
    },
  };
}

function messageItem(answer: Answer, { ids }: ReplyContext): AnswerItem {
  const text = answer.text.join('');
  return {
    kind: answer.isRefusal ? 'refusal' : 'text',
    pieces: answer.text,
    whole: {
      id: ids.next('msg_', 50),
      type: 'message',
      status: answer.finish === 'length' ? 'incomplete' : 'completed',
      content: [answer.isRefusal ? { type: 'refusal', refusal: text } : textPart(text)],
      role: 'assistant',
    },
  };
}

export function textPart(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}

function callItem(call: AnswerCall, { ids }: ReplyContext): AnswerItem {
  const { name, arguments: text, custom } = call;
  return {
    kind: 'call',
    call,
    whole: {
      id: ids.next(custom ? 'ctc_' : 'fc_', 50),
      type: custom ? 'custom_tool_call' : 'function_call',
      status: 'completed',
      [custom ? 'input' : 'arguments']: text,
      call_id: ids.next('call_', 24),
      name,
    },
  };
}

/** Other wires' words for an end, where a behaviour uses them. */
const INCOMPLETE: { readonly [reason: string]: string } = {
  length: 'max_output_tokens',
  max_tokens: 'max_output_tokens',
  max_output_tokens: 'max_output_tokens',
  content_filter: 'content_filter',
};

/** What is the same in every response object of one reply. */
export class Envelope {
  readonly #context: ReplyContext;
  readonly #id: string;

  constructor(context: ReplyContext) {
    this.#context = context;
    this.#id = context.ids.next('resp_', 50);
  }

  begun(): JsonObject {
    return this.#object('in_progress', {
      output: [],
      usage: null,
      error: null,
      incomplete_details: null,
    });
  }

  ended(answer: Answer, items: readonly AnswerItem[]): JsonObject {
    const { behaviour } = this.#context;
    const reason = INCOMPLETE[behaviour.finish ?? answer.finish];
    return this.#object(reason === undefined ? 'completed' : 'incomplete', {
      output: items.map(({ whole }) => whole as Json),
      usage: behaviour.usage === 'none' ? null : (usageOf(answer.usage) as Json),
      error: null,
      incomplete_details: reason === undefined ? null : { reason },
    });
  }

  #object(status: string, members: JsonObject): JsonObject {
    const { ask, created } = this.#context;
    return {
      id: this.#id,
      object: 'response',
      created_at: created,
      status,
      background: false,
      model: ask.model,
      service_tier: 'default',
      ...ask.repeats,
      ...members,
    };
  }
}

function usageOf(usage: AnswerUsage): JsonObject {
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const input = usage.input + usage.cacheRead + written;
  const output = usage.output + usage.reasoning;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheRead,
      ...(written === 0 ? {} : { cache_write_tokens: written }),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + output,
  };
}
