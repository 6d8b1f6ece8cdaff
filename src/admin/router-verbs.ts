// POST /router/v1/routers/{id}:verb: what can be done with a router beside changing it, by the verb.
import type { Gateway } from '../gateway/gateway.ts';
import { explainRequest } from './explain.ts';
import { rampRouter } from './ramp.ts';
import { replayRouter } from './replay.ts';
import { rollbackRouter } from './router-versions.ts';
import type { RouterRequest } from './routers.ts';

export interface VerbRequest extends RouterRequest {
  readonly gateway: Gateway;
  /** As it was written: what changes a router takes no other name than its own. */
  readonly name: string;
  /** The id of the router that is found by that name; as it was written, where there is none. */
  readonly id: string;
  /** The body. */
  readonly text: string;
}

export type RouterVerb = (asked: VerbRequest) => Promise<Response> | Response;

export const ROUTER_VERBS: ReadonlyMap<string, RouterVerb> = new Map<string, RouterVerb>([
  [
    'explain',
    ({ gateway, id, by, text, headers }) =>
      explainRequest(gateway, { routerId: id, by: by.id }, text, headers),
  ],
  ['ramp', (asked) => rampRouter(asked, asked.name, asked.text)],
  ['replay', replayRouter],
  ['rollback', (asked) => rollbackRouter(asked, asked.name, asked.text)],
]);
