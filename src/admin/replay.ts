// /router/v1/routers/{id}:replay: what would have changed, had a draft, an old version or the saved router served what the log has.
import { z } from 'zod';
import { GatewayError, invalid } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { DEFAULT_REPLAYED, MAX_REPLAYED, replay } from '../gateway/replay.ts';
import { parseLogFilter } from '../ledger/log-filter.ts';
import type { JsonObject } from '../lib/json.ts';
import type { CompiledRouter } from '../routing/compile.ts';
import { compileDraft } from './draft.ts';
import { routerBody } from './router-body.ts';
import type { VerbRequest } from './router-verbs.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const time = z.union([z.string(), z.number().int().min(0)], 'must be a time');
const replayBody = z.strictObject({
  /** A router as it is written, not saved. */
  draft: z.unknown().optional(),
  version: z.number().int().min(1).optional(),
  from: time.optional(),
  to: time.optional(),
  limit: z.number().int().min(1).max(MAX_REPLAYED).default(DEFAULT_REPLAYED),
  all: z.boolean().default(false),
});

type ReplayBody = z.output<typeof replayBody>;

export async function replayRouter({ gateway, id, text }: VerbRequest): Promise<Response> {
  const body = read(text.trim() === '' ? {} : routerBody(text));
  const { limit, all, version = null } = body;
  const { from, to } = times(body, Date.now());
  const router = routerOf(gateway, id, body);
  // The requests that ended a moment ago may still be on their way to the database.
  await gateway.ledger.flush();
  const report = await replay(
    { router, from, to, limit, all },
    { ledger: gateway.ledger, snapshot: gateway.snapshot(), outcomes: gateway.live.outcomes },
  );
  return Response.json({ source: sourceOf(body), version, ...report });
}

function sourceOf({ draft, version }: ReplayBody): 'draft' | 'version' | 'saved' {
  if (draft !== undefined) return 'draft';
  return version === undefined ? 'saved' : 'version';
}

function routerOf(gateway: Gateway, id: string, { draft, version }: ReplayBody): CompiledRouter {
  if (draft !== undefined) {
    if (version !== undefined) throw invalid('version', 'and "draft" exclude each other');
    return compileDraft(draft, id);
  }
  if (version !== undefined) return compileDraft(gateway.routers.version(id, version).resource, id);
  const saved = gateway.routers.get(id);
  return gateway.snapshot().routers.get(saved.id) ?? compileDraft(saved.resource, saved.id);
}

/** From what is said up to now; the last 24 hours of that where no beginning is. */
function times(
  { from, to }: ReplayBody,
  now: number,
): { readonly from: number; readonly to: number } {
  const given = parseLogFilter({ from: from?.toString(), to: to?.toString() });
  // A request of this very millisecond counts.
  const end = given.to ?? now + 1;
  const begin = given.from ?? end - DAY_MS;
  if (begin >= end) throw invalid('from', 'must be before "to"');
  return { from: begin, to: end };
}

function read(body: JsonObject): ReplayBody {
  const parsed = replayBody.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(replayBody.shape).join(', ');
    throw invalid(String(issue.keys[0]), `is not a field of a replay; there are ${known}`);
  }
  const param = issue?.path.join('.') ?? '';
  throw new GatewayError('invalid_request', `${param}: ${issue?.message ?? 'is not valid'}`, {
    param,
  });
}
