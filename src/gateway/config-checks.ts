// What a configuration can be wrong about beyond its shape: found when it is read, told with its line.
import { dropPath } from '../bodies/redaction/redact-json.ts';
import { ruleProblems } from '../bodies/redaction/redaction.ts';
import type { ConfigFile } from '../config/schema.ts';
import { compileRouter, type RouterProblem } from '../routing/compile.ts';
import { KNOWN_PROVIDERS } from './configure-providers.ts';

/** The problems by their paths in the file. */
export function configChecks(config: ConfigFile): readonly RouterProblem[] {
  const { routers = [], log } = config;
  return [
    ...routerProblems(routers),
    ...bodyProblems(log?.bodies ?? {}),
    ...embeddingProblems(config),
  ];
}

/** Whoever names nobody would only find that nothing is ever found. */
function embeddingProblems({ cache, providers = {} }: ConfigFile): readonly RouterProblem[] {
  const model = cache?.semantic?.embedding ?? 'local';
  const provider = model.slice(0, model.indexOf('/'));
  if (model === 'local' || Object.hasOwn(providers, provider) || KNOWN_PROVIDERS.has(provider))
    return [];
  const path = ['cache', 'semantic', 'embedding'];
  return [{ path, message: `names the provider "${provider}", which is none under "providers"` }];
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
