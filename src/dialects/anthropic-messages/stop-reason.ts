// Why an answer ended: this wire's word ↔ ours.
import type { FinishReason } from '../../core/event.ts';
import { reasonWithCalls } from '../reason-with-calls.ts';

/** platform.claude.com/docs/en/build-with-claude/handling-stop-reasons; `compaction` comes with pause_after_compaction. */
const REASONS: { readonly [raw: string]: FinishReason } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  pause_turn: 'pause',
  compaction: 'pause',
  refusal: 'refusal',
};

/** Our reason for the wire's. Servers that imitate this wire end tool calls with `end_turn` and answers without one with `tool_use`. */
export function decodeStop(raw: string | null, calledTool: boolean): FinishReason {
  return reasonWithCalls(raw === null ? 'other' : (REASONS[raw] ?? 'other'), calledTool);
}

/** The wire's word for our reason; the provider's own word where it was one of this wire's and means the same. */
export function encodeStop(
  reason: FinishReason,
  raw: string | null,
  stopSequence: string | null,
): string {
  if (raw !== null && REASONS[raw] === reason) return raw;
  switch (reason) {
    case 'stop':
      return stopSequence === null ? 'end_turn' : 'stop_sequence';
    case 'length':
      return 'max_tokens';
    case 'tool-calls':
      return 'tool_use';
    case 'content-filter':
    case 'refusal':
      return 'refusal';
    case 'pause':
      return 'pause_turn';
    case 'other':
      return 'end_turn';
  }
}
