// How an answer is drawn, in the fields that both wires of this maker have.
import type { Sampling } from '../../core/call.ts';
import { asArray, asNumber, type Json, type JsonObject } from '../../lib/json.ts';

/** @param maxTokens the limit of the output, which each wire has under a name of its own */
export function decodeSampling(body: JsonObject, maxTokens: Json | undefined): Sampling {
  const stop = decodeStop(body.stop);
  const parallel = body.parallel_tool_calls;
  return {
    ...number('maxTokens', maxTokens),
    ...number('temperature', body.temperature),
    ...number('topP', body.top_p),
    ...number('topK', body.top_k),
    ...(stop.length === 0 ? {} : { stop }),
    ...number('seed', body.seed),
    ...number('presencePenalty', body.presence_penalty),
    ...number('frequencyPenalty', body.frequency_penalty),
    ...(typeof parallel === 'boolean' ? { parallelToolCalls: parallel } : {}),
  };
}

/** One sequence or several; empty means none. */
function decodeStop(stop: Json | undefined): readonly string[] {
  if (typeof stop === 'string') return [stop];
  return asArray(stop).filter((entry) => typeof entry === 'string');
}

function number(name: keyof Sampling, value: Json | undefined): Sampling {
  const found = asNumber(value);
  return found === undefined ? {} : { [name]: found };
}
