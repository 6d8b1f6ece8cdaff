// Refusal: what the parser and the type checker found, said for people, at the place where it can be mended.
import type { ASTNode, ParseError, TypeError as TypeProblem } from '@marcbachmann/cel-js';
import { methodOffset, unknownFunction } from './calls.ts';
import { USAGE } from './functions.ts';
import { LIMITS } from './limits.ts';
import { type Problem, problemAt } from './problem.ts';

type Found = ParseError | TypeProblem;

/** Its errors by what they carry, for their classes are not loaded before the first condition. */
export function isFound(thrown: unknown): thrown is Found {
  return thrown instanceof Error && 'range' in thrown && 'summary' in thrown;
}

/** What people write who know other languages. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  '=': '"==" compares; "=" is nothing in CEL',
  '&': '"and" is written "&&"',
  '|': '"or" is written "||"',
  and: '"and" is written "&&"',
  AND: '"and" is written "&&"',
  or: '"or" is written "||"',
  OR: '"or" is written "||"',
  is: '"is" is written "=="',
  not: '"not" is written "!": !("free" in plans)',
  '`': 'a name with other signs than letters, digits and _ is written metadata["the-name"]',
  ';': 'a condition is one expression, without ";"',
};

const TOKENS: Readonly<Record<string, string>> = {
  RPAREN: '")"',
  LPAREN: '"("',
  RBRACKET: '"]"',
  RBRACE: '"}"',
  COLON: '":"',
  COMMA: '","',
  IDENTIFIER: 'a name',
};

const LIMIT_SAID: Readonly<Record<string, string>> = {
  maxAstNodes: `it has more than ${LIMITS.nodes} operators, names and literals: write several routes`,
  maxDepth: `it is nested deeper than ${LIMITS.depth} levels`,
  maxListElements: `a list has more than ${LIMITS.listItems} items`,
  maxMapEntries: `a map has more than ${LIMITS.mapEntries} entries`,
  maxCallArguments: `a call has more than ${LIMITS.callArguments} arguments`,
};

export function refusal(source: string, found: Found): Problem {
  const start = found.range?.start ?? 0;
  const token = source.slice(start, found.range?.end ?? start + 1);
  if (isCall(found.node)) return aboutCall(source, found.node, found);
  if (
    found.code === 'unexpected_character' ||
    found.code === 'unexpected_token' ||
    found.code === 'expected_token'
  )
    return problemAt(source, start, aboutToken(source, start, token, found));
  return problemAt(source, start, aboutTypes(found));
}

type CallNode = Extract<ASTNode, { op: 'call' | 'rcall' }>;

function isCall(node: unknown): node is CallNode {
  if (typeof node !== 'object' || node === null || !('op' in node) || !('args' in node))
    return false;
  return node.op === 'call' || node.op === 'rcall';
}

function aboutCall(source: string, node: CallNode, found: Found): Problem {
  const name = node.args[0];
  const at = node.op === 'rcall' ? methodOffset(source, name, node.args[1]) : node.start;
  if (found.code !== 'no_matching_overload') return problemAt(source, at, aboutTypes(found));
  if (!Object.hasOwn(USAGE, name)) return problemAt(source, at, unknownFunction(name));
  const tried = /'(.*)'/s.exec(found.summary)?.[1] ?? name;
  return problemAt(source, at, `${tried} does not fit: ${name} is written ${USAGE[name]}`);
}

function aboutToken(source: string, start: number, token: string, found: Found): string {
  // what stands before may be the mistake: in `a = b` and `a not in b` the parser stumbles over what follows
  const word = /^[A-Za-z_]+|^[^\s]/.exec(source.slice(start, start + 40))?.[0] ?? '';
  const before = /([A-Za-z_]+)\s*$/.exec(source.slice(Math.max(0, start - 40), start))?.[1] ?? '';
  if (before === 'not') return OTHER_WORDS.not ?? '';
  const hint = Object.hasOwn(OTHER_WORDS, word) ? `: ${OTHER_WORDS[word]}` : '';
  const wanted = /^Expected (\w+)/.exec(found.summary)?.[1];
  const expected =
    wanted === undefined ? '' : `, expected ${TOKENS[wanted] ?? wanted.toLowerCase()}`;
  if (source.slice(start).trim() === '') return `the expression ends too early${expected}`;
  const shown = word === '' ? token : word;
  return `unexpected ${JSON.stringify(shown)}${expected}${hint}`;
}

function aboutTypes(found: Found): string {
  const limit = /^Exceeded (\w+)/.exec(found.summary)?.[1];
  if (limit !== undefined) return LIMIT_SAID[limit] ?? found.summary;
  const summary = found.summary
    .replaceAll('google.protobuf.Timestamp', 'timestamp')
    .replaceAll('google.protobuf.Duration', 'duration');
  const binary = /^no such overload: (.+) (==|!=|<=?|>=?|in|[-+*/%]) (.+)$/s.exec(summary);
  if (binary !== null) {
    const hint = summary.endsWith('string in string')
      ? ': a part of a text is text.contains(part)'
      : '';
    return `${binary[2]} is not defined for ${binary[1]} and ${binary[3]}${hint}`;
  }
  const unary = /^no such overload: ([!-])(.+)$/s.exec(summary);
  if (unary !== null) return `${unary[1]} is not defined for ${unary[2]}`;
  const key = /^No such key: (.*)$/s.exec(summary);
  if (key !== null) return `there is no "${key[1]}": a message has role and content`;
  if (summary === 'has() invalid argument')
    return 'has() takes one key of something: has(metadata.key)';
  return summary.charAt(0).toLowerCase() + summary.slice(1);
}
