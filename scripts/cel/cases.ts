// cel-spec's conformance cases with plain values: what is bound, and one text for what must come out.

import type { Value } from '@bufbuild/cel-spec/cel/expr/value_pb.js';
import { getTestRegistry } from '@bufbuild/cel-spec/testdata/registry.js';
import {
  getConformanceSuite,
  type IncrementalTestSuite,
} from '@bufbuild/cel-spec/testdata/tests.js';
import { create, type Registry, toJson } from '@bufbuild/protobuf';
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt';

export interface Case {
  readonly section: string;
  readonly name: string;
  readonly expression: string;
  /** Whether it is about protobuf messages or an extension of the language: what no request has, or no condition needs. */
  readonly beyond: boolean;
  /** The namespace of message names. */
  readonly container: string;
  readonly bindings: ReadonlyMap<string, unknown>;
  /** As `shown` writes it; `error` where the evaluation must fail. */
  readonly expected: string;
}

export const registry: Registry = getTestRegistry();

/** An unsigned int, which JavaScript has no type for. */
export class Unsigned {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

const EXTENSIONS = /_ext$|^optionals$|^macros2$|^namespace$/;
const MESSAGES = /google\.protobuf|TestAllTypes|cel\.expr/;

/** Those that evaluate something: cases that only ask for a type are left out. */
export function conformanceCases(): readonly Case[] {
  return getConformanceSuite().suites.flatMap((section) => casesOf(section, section.name));
}

function casesOf(suite: IncrementalTestSuite, section: string): Case[] {
  const inner = suite.suites.flatMap((part) => casesOf(part, section));
  const own: Case[] = [];
  for (const { original, name } of suite.tests) {
    const expected = expectation(original.resultMatcher);
    if (original.checkOnly || expected === null) continue;
    const bindings = new Map<string, unknown>();
    for (const [key, bound] of Object.entries(original.bindings))
      if (bound.kind.case === 'value') bindings.set(key, plain(bound.kind.value));
    const { expr: expression, container } = original;
    const beyond =
      EXTENSIONS.test(section) ||
      container !== '' ||
      MESSAGES.test(expression + [...bindings.values()].map(shown));
    own.push({ section, name, expression, container, bindings, expected, beyond });
  }
  return [...inner, ...own];
}

type Matcher = ReturnType<typeof getConformanceSuite>['tests'][number]['original']['resultMatcher'];

function expectation(matcher: Matcher): string | null {
  switch (matcher.case) {
    case 'value':
      return shown(plain(matcher.value));
    case 'typedResult':
      return matcher.value.result === undefined ? null : shown(plain(matcher.value.result));
    case 'evalError':
    case 'anyEvalErrors':
      return 'error';
    case undefined:
      return 'bool true';
    default:
      return null;
  }
}

function plain(value: Value): unknown {
  const { kind } = value;
  switch (kind.case) {
    case 'listValue':
      return kind.value.values.map(plain);
    case 'mapValue':
      return new Map(
        kind.value.entries.map((entry) => [
          entry.key === undefined ? null : plain(entry.key),
          entry.value === undefined ? null : plain(entry.value),
        ]),
      );
    case 'uint64Value':
      return new Unsigned(kind.value);
    case 'enumValue':
      return BigInt(kind.value.value);
    case 'objectValue':
      return message(kind.value);
    case 'typeValue':
      return { typeName: kind.value };
    case 'nullValue':
      return null;
    default:
      return kind.value;
  }
}

function message(any: Any): unknown {
  return anyUnpack(any, registry) ?? create;
}

/** One text for values that are equal, whoever computed them. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return `int ${value}`;
    case 'number':
      return `double ${Object.is(value, -0) ? 0 : value}`;
    case 'boolean':
      return `bool ${value}`;
    case 'string':
      return JSON.stringify(value);
    default:
      return value === null || typeof value !== 'object' ? `${value}` : shownObject(value);
  }
}

function shownObject(value: object): string {
  if (value instanceof Unsigned) return `uint ${value.value}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if ('typeName' in value) return `type ${String(value.typeName)}`;
  if ('$typeName' in value && typeof value.$typeName === 'string')
    return shownMessage(value, value.$typeName);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries
    .map(([key, member]) => `${shown(key)}: ${shown(member)}`)
    .sort()
    .join(', ')}}`;
}

function shownMessage(value: object, typeName: string): string {
  if ('seconds' in value && 'nanos' in value)
    return shownTime(typeName, value.seconds, value.nanos);
  const schema = registry.getMessage(typeName);
  if (schema === undefined) return typeName;
  try {
    return `${typeName} ${JSON.stringify(toJson(schema, create(schema, { ...value }), { registry }))}`;
  } catch {
    return `${typeName} ?`;
  }
}

function shownTime(typeName: string, seconds: unknown, nanos: unknown): string {
  return `${typeName} ${Number(seconds) * 1000 + Number(nanos) / 1e6}ms`;
}
