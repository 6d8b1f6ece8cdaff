// dressedFor: a caller's request with what the plan's router puts to it.
import type { Dressing } from '../core/dressing.ts';
import type { Plan } from '../core/plan.ts';
import type { VariantSettings } from '../core/router.ts';
import { fillTemplates } from '../routing/templates.ts';
import { dressInbound } from './dressed.ts';
import type { Inbound } from './inbound.ts';

/** Throws `invalid_request` where a template wants a variable that the request does not have. */
export function dressedFor(inbound: Inbound, plan: Plan): Inbound {
  const { settings, commands } = plan;
  if (settings === null && commands === null) return inbound;
  return dressInbound(inbound, dressingOf(settings ?? {}, commands, inbound));
}

function dressingOf(
  { templates, generation, webSearch, webSearchOptions }: VariantSettings,
  commands: Plan['commands'],
  { options }: Inbound,
): Dressing {
  return {
    prompt: templates === undefined ? [] : fillTemplates(templates, options.prompt_variables ?? {}),
    generation: generation ?? {},
    search: {
      ...(webSearch === undefined ? {} : { webSearch }),
      ...(webSearchOptions === undefined ? {} : { webSearchOptions }),
    },
    commands,
  };
}
