// dressedFor: a caller's request with what the plan's router puts to it.
import type { Dressing } from '../core/dressing.ts';
import type { Plan } from '../core/plan.ts';
import type { MessageTemplate, VariantSettings } from '../core/router.ts';
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
    prompt:
      templates === undefined
        ? []
        : systemFirst(fillTemplates(templates, options.prompt_variables ?? {})),
    generation: generation ?? {},
    search: {
      ...(webSearch === undefined ? {} : { webSearch }),
      ...(webSearchOptions === undefined ? {} : { webSearchOptions }),
    },
    commands,
  };
}

/** Some wires have no place for instructions but before everything else: so they have it on all. */
function systemFirst(prompt: readonly MessageTemplate[]): readonly MessageTemplate[] {
  const isSystem = ({ role }: MessageTemplate) => role === 'system';
  return [...prompt.filter(isSystem), ...prompt.filter((message) => !isSystem(message))];
}
