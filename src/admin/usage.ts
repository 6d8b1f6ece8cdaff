// GET /router/v1/usage: what requests came to, by time and by whatever they have in common.
import { invalid } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { UsageFormat } from '../ledger/usage/usage-answer.ts';
import { parseUsageQuery } from '../ledger/usage/usage-query.ts';

const TYPES: { readonly [Format in UsageFormat]: string } = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
};

export async function getUsage(
  gateway: Gateway,
  { format: named, ...query }: { readonly [name: string]: string },
  now: number = Date.now(),
): Promise<Response> {
  const format = readFormat(named || 'json');
  // The text comes from the reading thread as it is: an answer may be megabytes.
  const text = await gateway.ledger.usage(parseUsageQuery(query, now), format, now);
  const file =
    format === 'json'
      ? undefined
      : `attachment; filename="switchyard-usage-${new Date(now).toISOString().slice(0, 10)}.${format}"`;
  return new Response(text, {
    headers: {
      'content-type': TYPES[format],
      'cache-control': 'no-store',
      ...(file === undefined ? {} : { 'content-disposition': file }),
    },
  });
}

function readFormat(text: string): UsageFormat {
  const format = (Object.keys(TYPES) as UsageFormat[]).find((known) => known === text);
  if (format === undefined)
    throw invalid('format', `must be one of ${Object.keys(TYPES).join(', ')}`);
  return format;
}
