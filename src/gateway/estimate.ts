// Usage nobody reported: estimated from the texts, and always marked as an estimate.
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import {
  isUnknown,
  laterUsage,
  totalInput,
  totalOutput,
  UNKNOWN_USAGE,
  type Usage,
} from '../core/usage.ts';
import { estimateTokens, textTokens } from '../dialects/count-tokens.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import { tokensOfChars } from './char-tokens.ts';
import type { Inbound } from './inbound.ts';
import type { OperationInbound } from './operation-inbound.ts';

/** Ends of attempts that were at work when we went away: their providers bill what they have read. */
const LEFT_AT_WORK: ReadonlySet<ErrorCode> = new Set([
  'client_closed',
  'race_lost',
  'shutting_down',
  'total_timeout',
  'upstream_first_token_timeout',
  'upstream_idle_timeout',
]);

/** Ends of attempts that were cut off. Where a good status had come, an answer was being made: what of it was on its way is lost with the connection. */
const BROKEN_OFF: ReadonlySet<ErrorCode> = new Set([
  'upstream_stream_truncated',
  'upstream_timeout',
  'upstream_too_slow',
  'upstream_unreachable',
]);

/** Whether its provider will bill what it has read, although nothing came of it. */
function hasWorked({ sent, status }: AttemptRecording, { code }: GatewayError): boolean {
  if (!sent) return false;
  const began = status !== null && status >= 200 && status < 300;
  return LEFT_AT_WORK.has(code) || (began && BROKEN_OFF.has(code));
}

/** Fills in the attempt's usage where the provider gave none, or where its answer was cut before it could. */
export function estimateMissingUsage(inbound: Inbound, record: AttemptRecording): void {
  estimateMissing(() => inputTokens(inbound), record);
}

/** The same for an attempt that failed. */
export function estimateFailedUsage(
  inbound: Inbound,
  record: AttemptRecording,
  error: GatewayError,
): void {
  if (record.outputChars > 0) {
    estimateMissing(() => inputTokens(inbound), record);
    return;
  }
  const { usage } = record;
  if (isUnknown(usage) && !hasWorked(record, error)) return;
  const input = isUnknown(usage) ? inputTokens(inbound) : usage.input;
  if ((isUnknown(usage) && input === null) || usage.output !== null) return;
  // It had said nothing when it was left.
  record.usage = { ...usage, input, output: 0 };
  record.estimated = true;
}

/**
 * The same for an endpoint beside chat: what the request says of itself (characters to speak), and an estimate where
 * texts are what is counted. Vectors have no output.
 */
export function settleUsage({ operation, call }: OperationInbound, record: AttemptRecording): void {
  record.usage = laterUsage(operation.usageOf(call.fields), record.usage);
  const text = operation.inputText(call.fields);
  if (text === null) return;
  if (record.finishReason !== null || record.outputChars > 0) {
    estimateMissing(() => textTokens(text), record);
  } else if (record.usage.input === null) {
    const output = record.usage.output ?? 0;
    record.usage = { ...record.usage, input: textTokens(text), output };
    record.estimated = true;
  }
}

/** The same for a call of an endpoint beside chat that failed. */
export function settleFailed(
  inbound: OperationInbound,
  record: AttemptRecording,
  error: GatewayError,
): void {
  const broken = BROKEN_OFF.has(error.code) && hasWorked(record, error);
  if (record.outputChars > 0 || broken) settleUsage(inbound, record);
}

function estimateMissing(inputOf: () => number | null, record: AttemptRecording): void {
  const cut = record.finishReason === null;
  const usage = told(record);
  if (!cut && usage.output !== null && (usage.input !== null || usage.cacheRead !== null)) return;
  if (cut && record.outputChars === 0) return;
  const delivered = tokensOfChars(record.outputChars);
  const inputKnown = usage.input !== null || usage.cacheRead !== null;
  record.usage = {
    ...usage,
    input: inputKnown ? usage.input : inputOf(),
    // Early figures of a cut stream count only what had been made when they were sent.
    output: cut ? Math.max(usage.output ?? 0, delivered) : (usage.output ?? delivered),
  };
  record.estimated = true;
}

/** What its provider told. Nothing in and nothing out is no figure where an answer came. */
function told({ usage, outputChars }: AttemptRecording): Usage {
  const counted = totalInput(usage) !== 0 || totalOutput(usage) !== 0;
  if (counted || outputChars === 0 || usage.billed !== undefined) return usage;
  const { tier, chargedUsd } = usage;
  return {
    ...UNKNOWN_USAGE,
    searches: usage.searches,
    ...(tier === undefined ? {} : { tier }),
    ...(chargedUsd === undefined ? {} : { chargedUsd }),
  };
}

function inputTokens(inbound: Inbound): number | null {
  try {
    return estimateTokens(inbound.call());
  } catch {
    // A body only its own provider understands: then there is no estimate either.
    return UNKNOWN_USAGE.input;
  }
}
