// Why an answer ended: the many words for it on this wire ↔ FinishReason.
import { GatewayError } from '../../core/errors.ts';
import type { FinishReason } from '../../core/event.ts';

/** Words seen in recordings and vendors' references. Unknown ones are `other`. */
const REASONS: { readonly [word: string]: FinishReason } = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  max_output_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  tool_use: 'tool-calls',
  content_filter: 'content-filter',
  sensitive: 'content-filter',
  safety: 'content-filter',
  recitation: 'content-filter',
  guardrail_intervened: 'content-filter',
  refusal: 'refusal',
  pause_turn: 'pause',
};

/** Words that say the answer broke off through no doing of its own; the text so far is not the whole answer. */
const FAILURES: { readonly [word: string]: 'upstream_error' | 'upstream_overloaded' } = {
  error: 'upstream_error',
  abort: 'upstream_error',
  network_error: 'upstream_error',
  insufficient_system_resource: 'upstream_overloaded',
};

export interface EndOfAnswer {
  /** Null where the stream ended properly without giving a reason. */
  readonly raw: string | null;
  readonly calledTools: boolean;
  readonly refused: boolean;
}

/** `tool-calls` exactly where a tool was called, unless the answer was cut short. */
export function finishReason({ raw, calledTools, refused }: EndOfAnswer): FinishReason {
  const reason = raw === null ? 'stop' : (REASONS[raw.toLowerCase()] ?? 'other');
  if (reason === 'length' || reason === 'content-filter') return reason;
  if (calledTools) return 'tool-calls';
  if (reason === 'tool-calls') return 'stop';
  return refused && reason === 'stop' ? 'refusal' : reason;
}

/** The error a finish reason stands for; null for an honest end. */
export function failedFinish(raw: string): GatewayError | null {
  const code = FAILURES[raw.toLowerCase()];
  if (code === undefined) return null;
  return new GatewayError(code, `The provider broke off its answer (${raw}).`, {
    upstreamCode: raw,
  });
}

/** This wire knows four ends. A refusal is told by the message's `refusal`, a pause has no word at all. */
export function encodeFinish(reason: FinishReason, calledTools: boolean, refused: boolean): string {
  switch (reason) {
    case 'length':
      return 'length';
    case 'content-filter':
      return 'content_filter';
    case 'refusal':
      if (calledTools) return 'tool_calls';
      return refused ? 'stop' : 'content_filter';
    case 'stop':
    case 'tool-calls':
    case 'pause':
    case 'other':
      return calledTools ? 'tool_calls' : 'stop';
  }
}
