// What a configuration can be wrong about beyond its shape: found when it is read, told with its line.
import { dropPath } from '../bodies/redaction/redact-json.ts';
import { ruleProblems } from '../bodies/redaction/redaction.ts';
import type { ConfigFile } from '../config/schema.ts';
import { compileRouter, type RouterProblem } from '../routing/compile.ts';

/** The problems by their paths in the file. */
export function configChecks({ routers = [], log }: ConfigFile): readonly RouterProblem[] {
  return [...routerProblems(routers), ...bodyProblems(log?.bodies ?? {})];
}

/** Rules of redaction that are none: whoever relies on them must know at once. */
function bodyProblems({
  redact = [],
  drop = [],
}: NonNullable<NonNullable<ConfigFile['log']>['bodies']>): readonly RouterProblem[] {
  return [
    ...ruleProblems(redact).map(({ index, message }) => ({
      path: ['log', 'bodies', 'redact', index],
      message,
    })),
    ...drop.flatMap((path, index) =>
      dropPath(path) === null
        ? [
            {
              path: ['log', 'bodies', 'drop', index],
              message: 'is no path such as "metadata.email" or "messages[*].content"',
            },
          ]
        : [],
    ),
  ];
}

function routerProblems(routers: NonNullable<ConfigFile['routers']>): readonly RouterProblem[] {
  return routers.flatMap((router, index) => {
    const result = compileRouter(router);
    if (result.ok) return [];
    return result.problems.map(({ path, message }) => ({
      path: ['routers', index, ...path],
      message,
    }));
  });
}
