// Patterns of matches(): RE2's language and guarantee (linear in the text), compiled when the condition is saved.
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';
import { LIMITS } from './limits.ts';
import type { Run } from './run.ts';
import type { Failure } from './value.ts';

export interface Pattern {
  test(text: string, run: Run): boolean | Failure;
}

/** Instructions up to which a pattern was never seen to be slow. */
const SMALL = 64;

let engine: typeof RE2JS | undefined;

/** Loaded with the first pattern. */
function loaded(): typeof RE2JS {
  engine ??= (createRequire(import.meta.url)('re2js') as typeof import('re2js')).RE2JS;
  return engine;
}

/** The pattern, or why it is none. */
export function compilePattern(source: string): Pattern | { readonly problem: string } {
  let compiled: RE2JS;
  try {
    compiled = loaded().compile(source);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'it is not RE2';
    return {
      problem: `the pattern is not valid: ${short(why.replace(/^error parsing regexp: /, ''))}`,
    };
  }
  const instructions = compiled.programSize();
  if (instructions > LIMITS.patternInstructions)
    return {
      problem: `the pattern compiles to ${instructions} instructions, ${LIMITS.patternInstructions} are allowed: write fewer alternatives, or shorter repetitions`,
    };
  // the larger a pattern, the likelier its states grow with the text until none of them can be remembered
  const cost = instructions > SMALL ? 2 * instructions : instructions;
  return {
    test: (text, run) => run.spendOnPattern(text.length, cost) ?? compiled.test(text),
  };
}

function short(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
