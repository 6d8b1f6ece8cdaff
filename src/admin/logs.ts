// /router/v1/logs: the request log, newest first, and single rows.
import { GatewayError } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { itemized } from '../gateway/itemized-row.ts';
import { findRow } from '../ledger/find-row.ts';
import { parseLogFilter } from '../ledger/log-filter.ts';

export async function listLogs(
  gateway: Gateway,
  query: { readonly [name: string]: string },
): Promise<Response> {
  const page = await gateway.ledger.page(parseLogFilter(query));
  return new Response(page, { headers: { 'content-type': 'application/json;charset=utf-8' } });
}

export async function getLog(gateway: Gateway, id: string): Promise<Response> {
  const row = await findRow(gateway.ledger, id);
  if (row === null)
    throw new GatewayError(
      'not_found',
      `There is no log row "${id}". A generation id stands in a reply's metadata and in its x-generation-id header.`,
    );
  return Response.json(await itemized(gateway.ledger, row));
}
