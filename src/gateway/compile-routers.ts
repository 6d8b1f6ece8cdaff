// The routers a snapshot has, compiled. They were checked when they were saved: what does not compile any more is told, and left out.
import type { Router } from '../core/router.ts';
import { type CompiledRouter, compileRouter } from '../routing/compile.ts';

export function compileRouters(routers: Iterable<Router>): {
  readonly routers: ReadonlyMap<string, CompiledRouter>;
  /** Worth telling the operator. */
  readonly notices: readonly string[];
} {
  const compiled = new Map<string, CompiledRouter>();
  const notices: string[] = [];
  for (const router of routers) {
    const result = compileRouter(router);
    if (result.ok) compiled.set(router.id, result.compiled);
    else {
      const told = result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
      notices.push(`The router "${router.id}" is left out: ${told.join('; ')}`);
    }
  }
  return { routers: compiled, notices };
}
