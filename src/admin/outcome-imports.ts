// /router/v1/exports/{name}: what is read back from an export as outcomes: how it went last, and once more now.
import type { Actor } from '../core/actor.ts';
import { GatewayError } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';

/** Longer imports go on after the answer, which says so. */
const WAIT_MS = 20_000;
const ACCEPTED = 202;

/** GET /router/v1/exports/{name}/outcomes */
export function getOutcomeImport({ outcomeImports }: Gateway, name: string): Response {
  const status = outcomeImports.status(name);
  if (status === null) throw none(name);
  return Response.json(status);
}

/** POST /router/v1/exports/{name}:import-outcomes */
export async function importOutcomes(
  { outcomeImports, audit }: Gateway,
  name: string,
  by: Actor,
): Promise<Response> {
  if (outcomeImports.status(name) === null) throw none(name);
  await audit.write({
    by,
    action: 'export.import_outcomes',
    target: name,
    before: null,
    after: null,
  });
  const running = outcomeImports.run(name);
  await Promise.race([running, Bun.sleep(WAIT_MS)]);
  const status = outcomeImports.status(name);
  return Response.json(status, { status: status?.running ? ACCEPTED : 200 });
}

function none(name: string): GatewayError {
  return new GatewayError(
    'not_found',
    `No export "${name}" reads outcomes: set outcomes under exports.${name} in the configuration (mixpanel and bigquery can).`,
  );
}
