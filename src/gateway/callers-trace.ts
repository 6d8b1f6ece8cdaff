// callersTrace: whose trace an exchange is part of, as its row has it.
import type { Exchange } from '../core/exchange.ts';
import type { TraceParent } from '../core/trace-context.ts';

/** A trace that begins here is named by the exchange's own id. */
export function callersTrace(
  trace: TraceParent | null | undefined,
): Pick<Exchange, 'traceId' | 'parentSpanId' | 'traceUnsampled'> {
  if (!trace || trace.spanId === null) return { traceId: null, parentSpanId: null };
  const { traceId, spanId: parentSpanId, sampled } = trace;
  return { traceId, parentSpanId, ...(sampled ? {} : { traceUnsampled: true }) };
}
