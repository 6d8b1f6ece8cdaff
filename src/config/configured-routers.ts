// The routers of the configuration file: each checked as the API checks its own, no name twice.
import { z } from 'zod';
import type { Router } from '../core/router.ts';
import type { JsonObject } from '../lib/json.ts';
import type { RouterProblem } from './router-problem.ts';
import { readRouter } from './router-schema.ts';

export interface ConfiguredRouter extends Router {
  /** As the API shows it. */
  readonly resource: JsonObject;
}

export const configuredRouters = z
  .array(z.unknown())
  .max(1000)
  .transform((list, context): readonly ConfiguredRouter[] => {
    const found: ConfiguredRouter[] = [];
    const first = new Map<string, number>();
    const tell = (index: number, { path, message, expected }: RouterProblem) =>
      context.addIssue(
        // The environment's values are texts: where a number or a switch is due, the text is read as one.
        expected === undefined
          ? { code: 'custom', path: [index, ...path], message }
          : { code: 'invalid_type', expected, path: [index, ...path], message, input: undefined },
      );
    list.forEach((input, index) => {
      const reading = readRouter(input);
      if (!reading.ok) {
        for (const problem of reading.problems) tell(index, problem);
        return;
      }
      const { router, resource } = reading;
      const other = first.get(router.id);
      if (other !== undefined)
        tell(index, {
          path: ['name'],
          message: `"${router.id}" is the name of routers[${other}] too: each needs one of its own`,
        });
      first.set(router.id, index);
      found.push({ ...router, resource });
    });
    return found;
  });
