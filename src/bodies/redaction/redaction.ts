// Redaction: the rules an operator named, compiled once, applied to texts.
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';
import { didYouMean } from '../../lib/near.ts';
import { BUILT_IN, ownKeys, type Rule } from './built-in-rules.ts';
import { type MarkedText, type Place, replaced } from './text-edit.ts';

/** What is redacted where the operator names nothing. */
export const DEFAULT_RULES: readonly string[] = ['api_keys'];

/** A replacement may bring together what then matches: looked at again, so often. */
const MAX_ROUNDS = 3;
/** A built-in name or a mistyped one: a pattern that is one plain word would be taken for it. */
const PLAIN_WORD = /^[a-z][a-z0-9_]*$/;
const MAX_INSTRUCTIONS = 2000;
/** Shorter ones are words of any text. */
const MIN_SECRET = 8;

export interface Redaction {
  /** @param named gets the names of the rules that found something. */
  text(text: string, named: Set<string>): string;
  /** The same with marks, which keep their place. */
  marked(text: MarkedText, named: Set<string>): MarkedText;
}

/** What is wrong with these rules, by their index; none: nothing is. */
export function ruleProblems(
  rules: readonly string[],
): readonly { readonly index: number; readonly message: string }[] {
  return rules.flatMap((rule, index) => {
    const compiled = compileRule(rule);
    return 'problem' in compiled ? [{ index, message: compiled.problem }] : [];
  });
}

/** Rules that are none are left out: `ruleProblems` tells them. @param secrets known ones, which go whatever the rules are */
export function compileRedaction(
  rules: readonly string[],
  secrets: readonly string[] = [],
): Redaction {
  const compiled = rules.flatMap((rule) => {
    const one = compileRule(rule);
    return 'problem' in one ? [] : one.rules;
  });
  const all = [...secretRules(secrets), ownKeys, ...compiled];
  const marked = (given: MarkedText, named: Set<string>): MarkedText => {
    let now = given;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const before = now.text;
      for (const rule of all) {
        const places = rule.find(now.text).filter(({ from, to }) => to > from);
        if (places.length === 0) continue;
        named.add(rule.name);
        now = replaced(now, places);
      }
      if (now.text === before) break;
    }
    return now;
  };
  return { marked, text: (text, named) => marked({ text, marks: [] }, named).text };
}

function compileRule(
  rule: string,
): { readonly rules: readonly Rule[] } | { readonly problem: string } {
  const builtIn = Object.hasOwn(BUILT_IN, rule) ? BUILT_IN[rule] : undefined;
  if (builtIn !== undefined) return { rules: builtIn };
  if (PLAIN_WORD.test(rule)) {
    const names = Object.keys(BUILT_IN);
    const near = didYouMean(rule, names) || ` There are: ${names.join(', ')}.`;
    return {
      problem: `is not a built-in rule.${near} A pattern of one word is written "(?:${rule})"`,
    };
  }
  return compilePattern(rule);
}

let engine: typeof RE2JS | undefined;

/** RE2's language: whatever the pattern, its time is linear in the text. Loaded with the first. */
function compilePattern(
  source: string,
): { readonly rules: readonly Rule[] } | { readonly problem: string } {
  engine ??= (createRequire(import.meta.url)('re2js') as typeof import('re2js')).RE2JS;
  let pattern: RE2JS;
  try {
    pattern = engine.compile(source);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'it is not RE2';
    const short = why.replace(/^error parsing regexp: /, '').slice(0, 120);
    return { problem: `is neither a built-in rule nor a pattern of RE2: ${short}` };
  }
  if (pattern.programSize() > MAX_INSTRUCTIONS)
    return { problem: 'is too large a pattern: write fewer alternatives, or shorter repetitions' };
  if (pattern.test('')) return { problem: 'matches where nothing is: it would match everywhere' };
  return { rules: [{ name: 'pattern', find: (text) => matches(pattern, text) }] };
}

function matches(pattern: RE2JS, text: string): readonly Place[] {
  const places: Place[] = [];
  const matcher = pattern.matcher(text);
  while (matcher.find())
    places.push({ from: matcher.start(), to: matcher.end(), by: '[redacted]' });
  return places;
}

function secretRules(secrets: readonly string[]): readonly Rule[] {
  return [...new Set(secrets)]
    .filter((secret) => secret.length >= MIN_SECRET)
    .sort((one, other) => other.length - one.length)
    .map((secret) => ({
      name: 'api_keys',
      find(text) {
        const places: Place[] = [];
        for (
          let at = text.indexOf(secret);
          at !== -1;
          at = text.indexOf(secret, at + secret.length)
        )
          places.push({ from: at, to: at + secret.length, by: '[api_key]' });
        return places;
      },
    }));
}
