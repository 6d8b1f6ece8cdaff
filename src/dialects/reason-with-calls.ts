// Why an answer ended, once it is known whether it called a tool: some servers end calls with their word for an honest stop
// or with none, and answers without a call with their word for one.
import type { FinishReason } from '../core/event.ts';

/** An agent waits or stops on that word, so it says `tool-calls` if and only if a call was made and the answer not cut short. */
export function reasonWithCalls(told: FinishReason, calledTool: boolean): FinishReason {
  if (calledTool) return told === 'stop' || told === 'other' ? 'tool-calls' : told;
  return told === 'tool-calls' ? 'stop' : told;
}
