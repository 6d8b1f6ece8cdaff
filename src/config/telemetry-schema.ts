// What the configuration says of OpenTelemetry.
import { z } from 'zod';
import { duration } from '../core/options.ts';

export const telemetry = z
  .strictObject({
    otlp: z
      .strictObject({
        endpoint: z
          .string()
          .optional()
          .describe(
            'base URL of an OTLP/HTTP collector (default OTEL_EXPORTER_OTLP_ENDPOINT; none: off)',
          ),
        headers: z.record(z.string(), z.string()).optional().describe('sent with every export'),
        traces: z.boolean().optional().describe('default true'),
        metrics: z.boolean().optional().describe('default true'),
        user_ids: z
          .boolean()
          .optional()
          .describe('whether the `user` callers name goes along, as `enduser.id` (default false)'),
        interval: duration.optional().describe('between exports of metrics (default 60s)'),
        timeout: duration.optional().describe('of one export (default 10s)'),
        service_name: z.string().optional().describe('default OTEL_SERVICE_NAME, else switchyard'),
      })
      .optional(),
  })
  .describe('Traces and metrics for OpenTelemetry, by its GenAI conventions.');
