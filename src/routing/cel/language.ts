// The language of conditions as the type checker knows it: CEL's own functions, our variables with their types, and our functions.
import { createRequire } from 'node:module';
import type { Environment } from '@marcbachmann/cel-js';
import { LIMITS } from './limits.ts';

/** Names with a meaning of their own. Every other free name is a key of the request's metadata. */
export const VARIABLES: Readonly<Record<string, string>> = {
  messages: 'list<message>',
  user: 'string',
  model: 'string',
  command: 'string',
  language: 'string',
  complexity: 'double',
  prompt_tokens: 'int',
  session_depth: 'int',
  has_tools: 'bool',
  has_images: 'bool',
  metadata: 'map<string, dyn>',
};

/** CEL's own words: where a metadata key has such a name, only `metadata.type` reads it. */
export const TAKEN: ReadonlySet<string> = new Set([
  ...['string', 'bool', 'int', 'uint', 'double', 'map', 'list', 'bytes', 'null_type', 'type'],
  ...['google', 'cel', 'optional'],
]);

/** Never called: the checker only asks for types, evaluating is ours. */
const typeOnly = (): null => null;

/** Loaded with the first condition: with re2js some 50 ms and 15 MB, which a gateway without routers does not pay. */
function loaded(): typeof import('@marcbachmann/cel-js') {
  return createRequire(import.meta.url)('@marcbachmann/cel-js');
}

function environment(): Environment {
  const { Environment } = loaded();
  const env = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: {
      maxAstNodes: LIMITS.nodes,
      maxDepth: LIMITS.depth,
      maxListElements: LIMITS.listItems,
      maxMapEntries: LIMITS.mapEntries,
      maxCallArguments: LIMITS.callArguments,
    },
  });
  env.registerType('message', { fields: { role: 'string', content: 'string' } });
  for (const [name, type] of Object.entries(VARIABLES)) env.registerVariable(name, type);
  // the narrower one first: the checker takes the first that fits
  env.registerFunction('list<message>.last(): message', typeOnly);
  env.registerFunction('list<dyn>.last(): dyn', typeOnly);
  env.registerFunction('list<message>.lastUser(): message', typeOnly);
  env.registerFunction('matches(string, string): bool', typeOnly);
  // JSON knows one kind of number: what CEL keeps apart strictly may be mixed here
  env.registerOperator('double == int', typeOnly);
  for (const operator of ['+', '-', '*', '/', '%']) {
    env.registerOperator(`double ${operator} int`, typeOnly);
    env.registerOperator(`int ${operator} double`, typeOnly);
  }
  env.registerOperator('double % double', typeOnly);
  return env;
}

let shared: Environment | undefined;

export function language(): Environment {
  shared ??= environment();
  return shared;
}
