// compileDraft: a router that is not saved, ready to plan with, so that it can be tried first.
import { readRouter } from '../config/router-schema.ts';
import { refusal } from '../routers/refusals.ts';
import { type CompiledRouter, compileRouter } from '../routing/compile.ts';

const UNNAMED = 'draft';

/**
 * Checked as a saved one is. Throws `invalid_request` with everything that is wrong with it.
 * @param id of the router it is a draft of: it plans as that one would; null: it is a new one
 */
export function compileDraft(input: unknown, id: string | null): CompiledRouter {
  const reading = readRouter(input, id === null ? { newId: (slug) => slug ?? UNNAMED } : { id });
  if (!reading.ok) throw refusal(reading.problems);
  const result = compileRouter(reading.router);
  if (!result.ok) throw refusal(result.problems);
  return result.compiled;
}
