// Who is measured: the two CEL libraries for JavaScript, and conditions as this repository evaluates them.
import {
  type CelEnv,
  type CelInput,
  celEnv,
  celUint,
  isCelError,
  isCelList,
  isCelMap,
  isCelType,
  isCelUint,
  parse,
  plan,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { isReflectMessage } from '@bufbuild/protobuf/reflect';
import { Environment } from '@marcbachmann/cel-js';
import { compileExpression } from '../../src/routing/cel/expression.ts';
import { Run } from '../../src/routing/cel/run.ts';
import { Duration, Failure, Timestamp } from '../../src/routing/cel/value.ts';
import { type Case, registry, shown, Unsigned } from './cases.ts';

export interface Subject {
  readonly name: string;
  /** What comes out, as `shown` writes it; `error` where evaluating fails, `refused` where it is no expression to it. */
  outcome(tested: Case): string;
  /** Ready to be evaluated again and again. */
  prepare(expression: string): (variables: Readonly<Record<string, unknown>>) => unknown;
}

const TIMESTAMP = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';

const bufEnvs = new Map<string, CelEnv>();

function bufEnv(namespace: string): CelEnv {
  const env = bufEnvs.get(namespace) ?? celEnv({ registry, namespace, funcs: strings });
  bufEnvs.set(namespace, env);
  return env;
}

const bufbuild: Subject = {
  name: '@bufbuild/cel',
  outcome({ expression, container, bindings }) {
    let evaluate: ReturnType<typeof plan>;
    try {
      evaluate = plan(bufEnv(container), parse(expression));
    } catch {
      return 'refused';
    }
    const given: Record<string, CelInput> = {};
    for (const [name, value] of bindings) given[name] = forBufbuild(value) as CelInput;
    const result = evaluate(given);
    return isCelError(result) ? 'error' : shown(fromBufbuild(result));
  },
  prepare(expression) {
    const evaluate = plan(bufEnv(''), parse(expression));
    return (variables) => evaluate(variables as Record<string, CelInput>);
  },
};

function forBufbuild(value: unknown): unknown {
  if (value instanceof Unsigned) return celUint(value.value);
  if (Array.isArray(value)) return value.map(forBufbuild);
  if (!(value instanceof Map)) return value;
  return new Map([...value].map(([key, member]) => [forBufbuild(key), forBufbuild(member)]));
}

function fromBufbuild(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isCelUint(value)) return new Unsigned(value.value);
  if (isCelType(value)) return { typeName: value.name };
  if (isReflectMessage(value)) return value.message;
  if (isCelList(value)) return [...value].map(fromBufbuild);
  if (isCelMap(value))
    return new Map([...value].map(([key, member]) => [fromBufbuild(key), fromBufbuild(member)]));
  return value;
}

const celJsEnv = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
});

const celJs: Subject = {
  name: '@marcbachmann/cel-js',
  outcome({ expression, bindings }) {
    let evaluate: ReturnType<Environment['parse']>;
    try {
      evaluate = celJsEnv.parse(expression);
    } catch {
      return 'refused';
    }
    try {
      return shown(
        fromCelJs(
          evaluate(
            Object.fromEntries([...bindings].map(([name, value]) => [name, forCelJs(value)])),
          ),
        ),
      );
    } catch {
      return 'error';
    }
  },
  prepare: (expression) => celJsEnv.parse(expression),
};

function forCelJs(value: unknown): unknown {
  if (value instanceof Unsigned) return celJsEnv.evaluate(`${value.value}u`);
  return Array.isArray(value) ? value.map(forCelJs) : value;
}

function fromCelJs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // it does not export the classes of its own values
  const className = value.constructor?.name;
  if (className === 'UnsignedInt') return new Unsigned(BigInt(String(value.valueOf())));
  if (value instanceof Date)
    return { $typeName: TIMESTAMP, seconds: value.getTime() / 1000, nanos: 0 };
  if (className === 'Duration' && 'seconds' in value && 'nanos' in value)
    return { $typeName: DURATION, seconds: value.seconds, nanos: value.nanos };
  if (Array.isArray(value)) return value.map(fromCelJs);
  if (value instanceof Uint8Array || value instanceof Map) return value;
  if (value.constructor !== Object)
    return { typeName: String(value).replace(/^type\((.*)\)$/, '$1') };
  return new Map(Object.entries(value).map(([key, member]) => [key, fromCelJs(member)]));
}

const ours: Subject = {
  name: 'conditions here',
  outcome({ expression, bindings }) {
    const compiled = compileExpression(expression);
    if ('problem' in compiled) return 'refused';
    const result = compiled.step(new Run({ get: (name) => bindings.get(name) }));
    return result instanceof Failure ? 'error' : shown(fromOurs(result));
  },
  prepare(expression) {
    const compiled = compileExpression(expression);
    return 'problem' in compiled
      ? () => compiled
      : (variables) => compiled.step(new Run({ get: (name) => variables[name] }));
  },
};

function fromOurs(value: unknown): unknown {
  if (value instanceof Timestamp)
    return { $typeName: TIMESTAMP, seconds: value.ms / 1000, nanos: 0 };
  if (value instanceof Duration) return { $typeName: DURATION, seconds: value.ms / 1000, nanos: 0 };
  if (Array.isArray(value)) return value.map(fromOurs);
  if (!(value instanceof Map)) return value;
  return new Map(
    [...value].map(([key, member]) => [
      typeof key === 'number' ? BigInt(key) : key,
      fromOurs(member),
    ]),
  );
}

export const SUBJECTS: readonly Subject[] = [celJs, bufbuild, ours];
