// GET /metrics: what is counted, for Prometheus.
import type { Gateway } from '../gateway/gateway.ts';
import { METRICS_TYPE } from '../lib/metric-registry.ts';

export function serveMetrics(gateway: Gateway): Response {
  return new Response(gateway.metrics.text(), { headers: { 'content-type': METRICS_TYPE } });
}
