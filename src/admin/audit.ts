// /router/v1/audit: who changed what, newest first, and all of it as a file whose chain can be verified elsewhere.
import type { Actor } from '../core/actor.ts';
import { invalid } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { parseAuditQuery } from './audit-query.ts';
import { shownAudit } from './shown-audit.ts';

type Query = { readonly [name: string]: string };

const PAGE_ENTRIES = 500;

export function listAudit(gateway: Gateway, query: Query): Response {
  const { filter, limit, behind } = parseAuditQuery(query, Date.now());
  const { entries, next } = gateway.audit.page(filter, limit, behind);
  return Response.json({
    entries: entries.map(shownAudit),
    next_cursor: next === null ? null : String(next),
  });
}

/** Oldest first, as the chain goes. That it was taken is an entry too, and the last of the file where nothing is filtered. */
export async function exportAudit(gateway: Gateway, query: Query, actor: Actor): Promise<Response> {
  for (const name of ['limit', 'cursor'])
    if (query[name] !== undefined) throw invalid(name, 'has no meaning here: all there is is sent');
  const { filter } = parseAuditQuery(query, Date.now());
  await gateway.audit.write({
    by: actor,
    action: 'audit.export',
    target: 'audit',
    before: null,
    after: query,
  });
  let behind: number | null = null;
  let isOver = false;
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (isOver) return controller.close();
        const page = gateway.audit.page(filter, PAGE_ENTRIES, behind, 'oldest-first');
        behind = page.next;
        isOver = page.next === null;
        const lines = page.entries.map((entry) => `${JSON.stringify(shownAudit(entry))}\n`);
        if (lines.length === 0) controller.close();
        else controller.enqueue(encoder.encode(lines.join('')));
      },
    },
    { highWaterMark: 0 },
  );
  const headers = {
    'content-type': 'application/x-ndjson',
    'content-disposition': `attachment; filename="switchyard-audit-${new Date().toISOString().slice(0, 10)}.ndjson"`,
    'cache-control': 'no-store',
  };
  return new Response(body, { headers });
}
