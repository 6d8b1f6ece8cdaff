// What a configuration can be wrong about beyond its shape: found when it is read, told with its line.
import type { ConfigFile } from '../config/schema.ts';
import { compileRouter, type RouterProblem } from '../routing/compile.ts';

/** The problems by their paths in the file. */
export function configChecks({ routers = [] }: ConfigFile): readonly RouterProblem[] {
  return routers.flatMap((router, index) => {
    const result = compileRouter(router);
    if (result.ok) return [];
    return result.problems.map(({ path, message }) => ({
      path: ['routers', index, ...path],
      message,
    }));
  });
}
