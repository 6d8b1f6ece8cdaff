// dressInbound: a caller's request with what a router puts to it, in its own dialect.
import type { Dressing } from '../core/dressing.ts';
import { type GatewayOptions, readOptions } from '../core/options.ts';
import type { GenerationConfig } from '../core/router.ts';
import type { JsonObject } from '../lib/json.ts';
import { type Inbound, restated } from './inbound.ts';
import { ownPaths } from './own-paths.ts';

/** The same where there is nothing to put. Throws `invalid_request` where the request's own options are broken. */
export function dressInbound(undressed: Inbound, dressing: Dressing): Inbound {
  // What came before the request is put in later, if at all, and then gets the same.
  const inbound = undressed.continuation === undefined ? undressed : { ...undressed, dressing };
  const { text, body, unsaid } = inbound.dialect.dress(inbound.text, inbound.body, dressing);
  if (body === inbound.body && unsaid.length === 0) return inbound;
  const pathOf = ownPaths(inbound.body, body);
  const routed = {
    unsaid: pick(dressing.generation, unsaid),
    put: putFields(inbound.body, body),
    texts: dressing.prompt.map(({ content }) => content),
    ...(pathOf === undefined ? {} : { pathOf }),
  };
  const options = { ...inbound.options, ...changedOptions(body) };
  return restated({ ...inbound, options, routed }, { text, body });
}

/** Options a router may put in. The others are as they were read, those of headers among them. */
function changedOptions(body: JsonObject): GatewayOptions {
  const { reasoning, web_search, web_search_options } = readOptions(body);
  return {
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(web_search === undefined ? {} : { web_search }),
    ...(web_search_options === undefined ? {} : { web_search_options }),
  };
}

function putFields(before: JsonObject, after: JsonObject): ReadonlySet<string> {
  const put = new Set<string>();
  for (const name in after)
    if ((before[name] ?? null) === null && after[name] !== null) put.add(name);
  return put;
}

function pick(
  generation: GenerationConfig,
  names: readonly (keyof GenerationConfig)[],
): GenerationConfig {
  return Object.fromEntries(names.map((name) => [name, generation[name]]));
}
