// /router/v1/health: how each target that was asked has answered lately, and which are asked last.
import { GatewayError } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Spread } from '../upstream/health/recent-samples.ts';
import type { TargetReport } from '../upstream/health/report.ts';

const FILTERS: readonly string[] = ['provider', 'model'];

export function listHealth(gateway: Gateway, query: { readonly [name: string]: string }): Response {
  const unknown = Object.keys(query).find((name) => !FILTERS.includes(name));
  if (unknown !== undefined)
    throw new GatewayError(
      'invalid_request',
      `${unknown} is no filter of health: there are ${FILTERS.join(' and ')}.`,
      { param: unknown },
    );
  const { provider, model } = query;
  const now = Date.now();
  const targets = gateway.health
    .report()
    .filter(({ target }) => provider === undefined || target.provider === provider)
    .filter(({ target }) => model === undefined || isModel(target, model));
  const { windowMs, enabled } = gateway.snapshot().health;
  return Response.json({
    targets: targets.map((report) => publicTarget(report, now)),
    window_seconds: windowMs / 1000,
    enabled,
  });
}

/** By the provider's own name for it, or as callers write it. */
function isModel({ provider, model }: TargetReport['target'], wanted: string): boolean {
  return model === wanted || `${provider}/${model}` === wanted;
}

function publicTarget(report: TargetReport, now: number): JsonObject {
  const { target, standing, requests, errors, lastError } = report;
  const { provider, model, key, region } = target;
  return {
    provider,
    model,
    key,
    region,
    state: standing.state,
    degraded: standing.degraded,
    retry_in_ms: standing.state === 'ready' ? null : Math.round(standing.forMs),
    requests,
    errors,
    error_rate: requests === 0 ? null : rounded(errors / requests),
    errors_by_code: { ...report.errorsByCode },
    ttft_ms: {
      ...slowTail(report.ttftMs),
      by_prompt_size: Object.fromEntries(
        report.ttftMsByPromptSize.map(([size, spread]) => [size, slowTail(spread)]),
      ),
    },
    tokens_per_second: {
      p50: rounded(report.tokensPerSecond.p50),
      p5: rounded(report.tokensPerSecond.p5),
      samples: report.tokensPerSecond.samples,
    },
    in_flight: report.inFlight,
    consecutive_failures: report.consecutiveFailures,
    last_error: lastError?.code ?? null,
    last_error_at: lastError === null ? null : new Date(now - lastError.agoMs).toISOString(),
  };
}

function slowTail({ p50, p95, p99, samples }: Spread): JsonObject {
  return { p50: rounded(p50), p95: rounded(p95), p99: rounded(p99), samples };
}

/** To the thousandth: more would be noise. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}
