// Why an answer ended: this wire's word → ours.
import type { FinishReason } from '../../core/event.ts';
import { reasonWithCalls } from '../reason-with-calls.ts';

/** docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, stopReason */
const REASONS: { readonly [raw: string]: FinishReason } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
  refusal: 'refusal',
  pause_turn: 'pause',
};

export function decodeStop(raw: string | null, calledTool: boolean): FinishReason {
  return reasonWithCalls(raw === null ? 'other' : (REASONS[raw] ?? 'other'), calledTool);
}
