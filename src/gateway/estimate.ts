// Usage nobody reported: estimated from the texts, and always marked as an estimate.
import { laterUsage, UNKNOWN_USAGE } from '../core/usage.ts';
import { estimateTokens, textTokens } from '../dialects/count-tokens.ts';
import type { Inbound } from './inbound.ts';
import type { OperationInbound } from './operation-inbound.ts';
import type { Recording } from './recording.ts';

/** Latin text runs at about four characters a token; only used where no provider figure exists. */
const CHARS_PER_TOKEN = 4;

/** Fills in the current attempt's usage where the provider gave none, or where its answer was cut before it could. */
export function estimateMissingUsage(inbound: Inbound, recording: Recording): void {
  estimateMissing(() => inputTokens(inbound), recording);
}

/**
 * The same for an endpoint beside chat: what the request says of itself (characters to speak), and an estimate where
 * texts are what is counted. Vectors have no output.
 */
export function settleUsage({ operation, call }: OperationInbound, recording: Recording): void {
  const attempt = recording.current;
  if (!attempt) return;
  attempt.usage = laterUsage(operation.usageOf(call.fields), attempt.usage);
  const text = operation.inputText(call.fields);
  if (text === null) return;
  if (attempt.finishReason !== null || attempt.outputChars > 0) {
    estimateMissing(() => textTokens(text), recording);
  } else if (attempt.usage.input === null) {
    attempt.usage = {
      ...attempt.usage,
      input: textTokens(text),
      output: attempt.usage.output ?? 0,
    };
    recording.markEstimated();
  }
}

function estimateMissing(inputOf: () => number | null, recording: Recording): void {
  const attempt = recording.current;
  if (!attempt) return;
  const cut = attempt.finishReason === null;
  const { usage } = attempt;
  if (!cut && usage.output !== null && (usage.input !== null || usage.cacheRead !== null)) return;
  if (cut && attempt.outputChars === 0) return;
  const delivered = Math.ceil(attempt.outputChars / CHARS_PER_TOKEN);
  const inputKnown = usage.input !== null || usage.cacheRead !== null;
  attempt.usage = {
    ...usage,
    input: inputKnown ? usage.input : inputOf(),
    // Early figures of a cut stream count only what had been made when they were sent.
    output: cut ? Math.max(usage.output ?? 0, delivered) : (usage.output ?? delivered),
  };
  recording.markEstimated();
}

function inputTokens(inbound: Inbound): number | null {
  try {
    return estimateTokens(inbound.call());
  } catch {
    // A body only its own provider understands: then there is no estimate either.
    return UNKNOWN_USAGE.input;
  }
}
