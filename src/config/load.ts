// Reads the configuration: YAML text → checked ConfigFile, or problems that name line, path and remedy.
import { isMap, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { didYouMean } from '../lib/near.ts';
import { ofClosestForm } from './closest-form.ts';
import { knownNames } from './known-names.ts';
import { snakeCase } from './router-casing.ts';
import { type ConfigFile, configSchema } from './schema.ts';

export interface ConfigProblem {
  /** 1-based; null where the problem has no place in the text. */
  readonly line: number | null;
  readonly message: string;
}

export type LoadedConfig =
  | { readonly ok: true; readonly config: ConfigFile; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Finds what is wrong with a configuration whose shape is right, by the place in the file. */
type ConfigCheck = (
  config: ConfigFile,
) => readonly { readonly path: readonly (string | number)[]; readonly message: string }[];

type Environment = { readonly [name: string]: string | undefined };

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Parses and checks a configuration text. `${NAME}` and `${NAME:-default}` come from `environment`. Never throws.
 * @param known the providers that need not say where they are
 * @param check what can be wrong beyond the shape
 */
export function parseConfig(
  text: string,
  environment: Environment,
  known: ReadonlySet<string>,
  check: ConfigCheck = () => [],
): LoadedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      message: error.message.split('\n')[0] ?? 'is not valid YAML',
    }));
    return { ok: false, problems };
  }
  const aliases = unresolvedAliases(document, lines);
  if (aliases.length > 0) return { ok: false, problems: aliases };
  const warnings: ConfigProblem[] = [];
  const substituted = substitute(document, environment, lines, warnings);
  let parsed = configSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success && retype(parsed.error.issues, document, substituted)) {
    parsed = configSchema.safeParse(document.toJS() ?? {});
  }
  if (parsed.success) {
    const homeless = homelessProviders(parsed.data, known, document, lines);
    const others = check(parsed.data).map(({ path, message }) => {
      const node = nearestNode(document, path);
      const line = node ? lineOf(node, lines) : null;
      return { line, message: `${pathText(path)}: ${message}` };
    });
    if (homeless.length + others.length > 0)
      return { ok: false, problems: [...homeless, ...others] };
    return { ok: true, config: parsed.data, warnings };
  }
  const problems = parsed.error.issues
    .flatMap(ofClosestForm)
    .flatMap((issue) => describe(issue, document, lines));
  return { ok: false, problems };
}

/** Reading on would throw, and name what stands there: most often a secret that begins with an asterisk. */
function unresolvedAliases(document: Document, lines: LineCounter): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document) !== undefined) return;
      const message =
        'what begins with * repeats what an anchor (&) names, and there is none of this name: put quotes around a text';
      problems.push({ line: lineOf(node, lines), message });
    },
  });
  return problems;
}

/** Puts the environment's values in. Returns the scalars that were nothing but a variable. */
function substitute(
  document: Document,
  environment: Environment,
  lines: LineCounter,
  warnings: ConfigProblem[],
): ReadonlySet<unknown> {
  const whole = new Set<unknown>();
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      const text = node.value;
      node.value = text.replace(VARIABLE, (match, name: string, fallback: string | undefined) => {
        const value = environment[name] ?? fallback;
        if (value === undefined) {
          const message = `environment variable ${name} is not set`;
          warnings.push({ line: lineOf(node, lines), message });
        }
        if (match === text) whole.add(node);
        return value ?? '';
      });
    },
  });
  return whole;
}

/** A variable is text; where the setting is a number or a switch, its text is read as one. True when something changed. */
function retype(
  issues: readonly z.core.$ZodIssue[],
  document: Document,
  substituted: ReadonlySet<unknown>,
): boolean {
  let changed = false;
  for (const issue of issues.flatMap(ofClosestForm)) {
    if (issue.code !== 'invalid_type') continue;
    const node = document.getIn(asWritten(document, issue.path), true);
    if (!isScalar(node) || !substituted.has(node)) continue;
    const text = String(node.value);
    if (issue.expected === 'boolean' && (text === 'true' || text === 'false')) {
      node.value = text === 'true';
      changed = true;
    } else if (issue.expected === 'number' && /^-?\d+(\.\d+)?$/.test(text)) {
      node.value = Number(text);
      changed = true;
    }
  }
  return changed;
}

/** `switchyard.yaml:3: providers.openai.api_keyy …`, one line a problem. */
export function formatProblem(file: string, problem: ConfigProblem): string {
  return problem.line === null
    ? `${file}: ${problem.message}`
    : `${file}:${problem.line}: ${problem.message}`;
}

/** A provider that is not built in must say where it is; most often its name is a typo of one that is. */
function homelessProviders(
  config: ConfigFile,
  known: ReadonlySet<string>,
  document: Document,
  lines: LineCounter,
): ConfigProblem[] {
  return Object.entries(config.providers ?? {})
    .filter(([id, entry]) => !known.has(id) && entry?.base_url === undefined)
    .map(([id]) => ({
      line: keyLine(document, ['providers'], id, lines),
      message: `providers.${id} is not a built-in provider, so it needs a base_url.${didYouMean(id, known)}`,
    }));
}

type Document = ReturnType<typeof parseDocument>;

function describe(
  issue: z.core.$ZodIssue,
  document: Document,
  lines: LineCounter,
): ConfigProblem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? 'is not a valid name';
    const key = String(path.at(-1));
    const line = keyLine(document, path.slice(0, -1), key, lines);
    return [{ line, message: `${pathText(path)}: the name ${reason}` }];
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownNames(configSchema, path);
    return issue.keys.map((key) => ({
      line: keyLine(document, path, key, lines),
      message: `${pathText([...path, key])} is not a known setting.${didYouMean(key, known)}`,
    }));
  }
  const node = nearestNode(document, path);
  return [
    { line: node ? lineOf(node, lines) : null, message: `${pathText(path)}: ${issue.message}` },
  ];
}

function pathText(path: readonly (string | number)[]): string {
  return (
    path
      .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index ? '.' : ''}${step}`))
      .join('') || 'file'
  );
}

function lineOf(node: Node, lines: LineCounter): number | null {
  return node.range ? lines.linePos(node.range[0]).line : null;
}

/** Routers are written in either casing, and told of in one: each step as the text has it. */
function asWritten(document: Document, path: readonly PropertyKey[]): (string | number)[] {
  const written: (string | number)[] = [];
  for (const step of path) {
    const parent = written.length === 0 ? document.contents : document.getIn(written, true);
    const other = isMap(parent)
      ? parent.items
          .map(({ key }) => String(isScalar(key) ? key.value : key))
          .find((key) => snakeCase(key) === snakeCase(String(step)))
      : undefined;
    const has = typeof step === 'number' || (isMap(parent) && parent.has(step));
    written.push(typeof step === 'number' ? step : has ? String(step) : (other ?? String(step)));
  }
  return written;
}

function nearestNode(document: Document, given: readonly (string | number)[]): Node | undefined {
  const path = asWritten(document, given);
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (node && typeof node === 'object' && 'range' in node) return node as Node;
  }
  return undefined;
}

/** The line of a key itself (its value may stand on a later line). */
function keyLine(
  document: Document,
  path: readonly (string | number)[],
  key: string,
  lines: LineCounter,
): number | null {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  if (parent && typeof parent === 'object' && 'items' in parent) {
    for (const item of (parent as { items: readonly { key?: unknown }[] }).items) {
      if (isScalar(item.key) && String(item.key.value) === key) return lineOf(item.key, lines);
    }
  }
  return null;
}
