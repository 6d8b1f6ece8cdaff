// /router/v1/reconciliation: what vendors say they billed beside what the log says, by day and model.
import { z } from 'zod';
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { asObject, parseJson } from '../lib/json.ts';
import { parseComparison, parseFetch } from '../reconcile/asked.ts';
import type { Vendor } from '../reconcile/billed.ts';
import { shownComparison, shownImport } from '../reconcile/shown.ts';

type Query = { readonly [name: string]: string | undefined };

/** A year of a busy account's minutes is some tens of megabytes. */
const MAX_BILL_BYTES = 64 * 1024 * 1024;

/** What asks for fetching says little. */
const MAX_ASKED_CHARS = 2000;

const fetchAsked = z.strictObject({
  provider: z.string(),
  from: z.string(),
  to: z.string().optional(),
});

export async function getReconciliation(gateway: Gateway, query: Query): Promise<Response> {
  const asked = parseComparison(query, gateway.bills.now());
  const { providers = gateway.bills.providers(asked.provider) } = asked;
  const comparison = await gateway.bills.reconciliation.compare({ ...asked, providers });
  if (comparison === null)
    throw new GatewayError(
      'not_found',
      `No bill of ${asked.provider} has been imported yet: POST /router/v1/reconciliation/imports takes one.`,
    );
  return Response.json(shownComparison(comparison));
}

/** @param query `name` of the file, where the operator gives it */
export async function postImport(
  gateway: Gateway,
  request: Request,
  query: Query,
  by: Actor,
): Promise<Response> {
  const tooLarge = () =>
    new GatewayError('request_too_large', 'A bill may be 64 MB: export fewer days at once.');
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BILL_BYTES) throw tooLarge();
  const text = await request.text();
  if (text.length > MAX_BILL_BYTES) throw tooLarge();
  if (text.trim() === '') throw invalid('body', 'must be the exported file');
  // A large one is a file, and not to be read on this thread.
  const { provider } = (text.length > MAX_ASKED_CHARS ? null : asObject(parseJson(text))) ?? {};
  const { reconciliation } = gateway.bills;
  const name = query.name?.slice(0, 200) ?? null;
  const fetching = provider === undefined ? null : readFetched(gateway, text);
  const target = fetching?.provider ?? name ?? 'file';
  const after = fetching === null ? { name } : { provider: fetching.provider, ...fetching.days };
  const kept = await gateway.audit.before(
    { by, action: 'reconciliation.import', target, before: null, after },
    () =>
      fetching === null
        ? reconciliation.importText(text, name)
        : reconciliation.importFetched(fetching.provider, fetching.days, fetching.access),
  );
  return Response.json(shownImport(kept));
}

/** What is to be fetched, and with which key. */
function readFetched(gateway: Gateway, text: string) {
  const parsed = fetchAsked.safeParse(parseJson(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(String(issue?.path[0] ?? 'body'), issue?.message ?? 'is not valid');
  }
  const { provider, first, last } = parseFetch(parsed.data, gateway.bills.now());
  const access = gateway.bills.access(provider);
  if (access === null)
    throw new GatewayError(
      'provider_not_configured',
      `Fetching a bill takes an admin key of the organisation: set ${keyVariable(provider)} in the gateway's environment, or send the exported file.`,
    );
  return { provider, days: { first, last }, access };
}

function keyVariable(provider: Vendor): string {
  return `${provider.toUpperCase()}_ADMIN_KEY`;
}

export async function listImports(gateway: Gateway): Promise<Response> {
  const imports = await gateway.bills.reconciliation.imports();
  return Response.json({ imports: imports.map(shownImport) });
}

export async function removeImport(gateway: Gateway, id: string, by: Actor): Promise<Response> {
  const imports = await gateway.bills.reconciliation.imports();
  const known = imports.find((kept) => kept.id === id);
  if (known === undefined)
    throw new GatewayError('not_found', `There is no import "${id.slice(0, 100)}".`);
  const before = shownImport(known);
  await gateway.audit.before(
    { by, action: 'reconciliation.delete', target: id, before, after: null },
    () => gateway.bills.reconciliation.remove(id),
  );
  return Response.json({ id, deleted: true });
}
