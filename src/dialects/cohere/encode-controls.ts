// What steers an answer: limits, chance, thinking; as the reference has them (docs.cohere.com/reference/chat).
import type { ChatCall, Reasoning } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { JsonRecord } from '../../lib/json.ts';
import type { Lose } from './encode-content.ts';

const MAX_STOPS = 5;

export function encodeControls(call: ChatCall, target: Target, lose: Lose): JsonRecord {
  const { sampling, reasoning } = call;
  const { maxTokens, seed, frequencyPenalty, presencePenalty } = sampling;
  if (call.user !== null && call.user !== '') lose('user: dropped; the wire has no such field');
  return {
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...encodeStop(sampling.stop ?? [], lose),
    ...within('temperature', 'temperature', sampling.temperature, [0, 1], lose),
    ...(seed === undefined ? {} : { seed }),
    ...within('frequency_penalty', 'frequency_penalty', frequencyPenalty, [0, 1], lose),
    ...(frequencyPenalty && presencePenalty
      ? losePresence(lose)
      : within('presence_penalty', 'presence_penalty', presencePenalty, [0, 1], lose)),
    ...within('k', 'top_k', sampling.topK, [0, 500], lose),
    ...within('p', 'top_p', sampling.topP, [0.01, 0.99], lose),
    ...(reasoning === null ? {} : encodeThinking(reasoning, target, lose)),
  };
}

/** "cannot specify both frequency_penalty and presence_penalty" (docs.cohere.com/reference/errors). */
function losePresence(lose: Lose): JsonRecord {
  lose('presence_penalty: dropped; it is not taken together with frequency_penalty');
  return {};
}

/** Values beyond the ends are refused; the nearest that is taken is sent. */
function within(
  field: string,
  name: string,
  value: number | undefined,
  [least, most]: readonly [number, number],
  lose: Lose,
): JsonRecord {
  if (value === undefined) return {};
  const sent = Math.min(Math.max(value, least), most);
  if (sent !== value) lose(`${name}: ${value} is not taken; sent as ${sent}`);
  return { [field]: sent };
}

function encodeStop(asked: readonly string[], lose: Lose): JsonRecord {
  const stop = asked.filter((sequence) => sequence !== '');
  if (stop.length === 0) return {};
  if (stop.length > MAX_STOPS) lose(`stop: only the first ${MAX_STOPS} sequences are taken`);
  return { stop_sequences: stop.slice(0, MAX_STOPS) };
}

/** `thinking` switches it and may bound it; there is no word for how much. The maker's own other wire takes "high" for on. */
function encodeThinking(reasoning: Reasoning, target: Target, lose: Lose): JsonRecord {
  const { mode, effort, budget } = reasoning;
  if (mode === undefined && effort === undefined && budget === undefined) return {};
  const off = mode === 'disabled' || effort === 'none' || (effort === undefined && budget === 0);
  if (target.reasoning === false) {
    if (!off) lose(`reasoning: ${target.model} does not think`);
    return {};
  }
  if (off) return { thinking: { type: 'disabled' } };
  if (budget !== undefined) return { thinking: { type: 'enabled', token_budget: budget } };
  if (effort !== undefined && effort !== 'high')
    lose(`reasoning.effort: "${effort}" only turns thinking on here`);
  return { thinking: { type: 'enabled' } };
}
