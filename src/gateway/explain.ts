// explain: what would become of a request, calling nobody: which route, variant and models, and why.
import type { KeyAccess } from '../core/key.ts';
import type { Live } from '../core/measured.ts';
import type { Plan } from '../core/plan.ts';
import { DIALECTS } from '../dialects/index.ts';
import { asObjects, asString, type JsonObject } from '../lib/json.ts';
import { attemptsOfPlan } from '../routing/plan.ts';
import { dressedFor } from './dressing-of.ts';
import { type Inbound, readInbound } from './inbound.ts';
import { planFor } from './plan-for.ts';
import { requestFacts } from './request-facts.ts';
import type { Snapshot } from './snapshot.ts';

/** Conditions longer than this are told by their beginning. */
const MAX_TOLD = 200;

export interface Explanation {
  readonly router_id: string | null;
  readonly route_id: string | null;
  readonly variant_id: string | null;
  /** In the order they would be asked. */
  readonly attempts: readonly { readonly model: string; readonly provider: string }[];
  readonly reasoning: string;
  readonly why: readonly string[];
}

export interface Explained {
  /** A request in any dialect callers speak. */
  readonly body: JsonObject;
  readonly headers: Headers;
  /** Whose request it would be. */
  readonly key: KeyAccess;
  /** The draw of a request without a user goes by it. */
  readonly id: string;
}

/**
 * Rejects with what the request itself would be refused with before anybody is asked.
 * @param pastOf the request with the stored conversation it goes on from; absent: that is not looked up
 */
export async function explain(
  asked: Explained,
  snapshot: Snapshot,
  live: Live,
  pastOf?: (inbound: Inbound) => Promise<Inbound>,
): Promise<Explanation> {
  const { body, headers, key, id } = asked;
  const dialect = DIALECTS[dialectOf(body, headers)];
  const whole = dialect.id === 'openai-responses' ? body : { messages: [], ...body };
  const inbound = readInbound(dialect, JSON.stringify(whole), headers, 'plan');
  const routed = pastOf === undefined ? inbound : await pastOf(inbound);
  const plan = planFor(inbound, requestFacts(routed, id), key, snapshot, live);
  // A missing variable of a template is found before anybody is asked.
  dressedFor(inbound, plan);
  const { routerId: router_id, routeId: route_id, variantId: variant_id } = plan;
  const drawn = isDrawn(plan, snapshot, inbound.user)
    ? ['no "user": another request may get another variant']
    : [];
  return {
    router_id,
    route_id,
    variant_id,
    attempts: attemptsOfPlan(plan),
    reasoning: inOneSentence(plan),
    why: [...plan.why.map((words) => withCondition(words, plan, snapshot)), ...drawn],
  };
}

/** Blocks and tools as only Messages has them. */
const MESSAGES_BLOCKS: ReadonlySet<string> = new Set([
  'image',
  'document',
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
]);

/** By the members only one of them has; a body that could be of either is a chat body. */
export function dialectOf(body: JsonObject, headers: Headers): keyof typeof DIALECTS {
  if (body.input !== undefined && body.messages === undefined) return 'openai-responses';
  const isMessages =
    body.system !== undefined ||
    headers.has('anthropic-version') ||
    asObjects(body.tools).some((tool) => tool.input_schema !== undefined) ||
    asObjects(body.messages).some(({ content }) =>
      asObjects(content).some(({ type }) => MESSAGES_BLOCKS.has(asString(type) ?? '')),
    );
  return isMessages ? 'anthropic-messages' : 'openai-chat';
}

/** Whoever may explain may read the condition; callers only hear of the route. */
function withCondition(words: string, { routerId, routeId }: Plan, { routers }: Snapshot): string {
  if (routerId === null || words !== `route "${routeId}"`) return words;
  const route = routers.get(routerId)?.routes.find(({ id }) => id === routeId);
  const source = route?.condition?.source.replaceAll(/\s+/g, ' ').trim() ?? '';
  const told = source.length <= MAX_TOLD ? source : `${source.slice(0, MAX_TOLD - 1)}…`;
  return told === '' ? words : `${words}: ${told}`;
}

function isDrawn(plan: Plan, { routers }: Snapshot, user: string | null): boolean {
  if (plan.routerId === null || user !== null) return false;
  const router = routers.get(plan.routerId);
  const routes = [
    ...(router?.routes ?? []),
    ...(router?.defaultRoute ? [router.defaultRoute] : []),
  ];
  const route = routes.find(({ id }) => id === plan.routeId);
  return (route?.variants.filter(({ weight }) => weight > 0).length ?? 0) > 1;
}

function inOneSentence({ candidates, why }: Plan): string {
  const [first, ...others] = candidates.map(({ id }) => `'${id}'`);
  const then = others.length === 0 ? '' : `, then ${others.join(', ')}`;
  return `Would ask ${first}${then}${why.length === 0 ? '' : ` (${why.join('; ')})`}.`;
}
