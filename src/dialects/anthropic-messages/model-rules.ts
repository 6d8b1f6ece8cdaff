// What the maker's own models take, by family, as data.
//
// Read on 2026-11-22 from the vendor's pages: thinking types and their refusals
// (platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting#rejected-configurations), effort levels
// (…/build-with-claude/effort), sampling, prefill and forced tools (the model migration guides), system turns
// (…/build-with-claude/mid-conversation-system-messages).
import type { ModelRule } from '../../core/provider.ts';
import { findRule } from '../find-rule.ts';

const ALL_EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
const EFFORTS_46 = ['low', 'medium', 'high', 'max'] as const;

/** Before thinking. */
const UNTHINKING = { thinking: [], efforts: [], outputSchema: false, systemTurns: false } as const;

/** Before adaptive thinking: a budget, no effort. */
const MANUAL = {
  thinking: ['enabled', 'disabled'],
  efforts: [],
  systemTurns: false,
} as const;
const MANUAL_NO_SCHEMA = { ...MANUAL, outputSchema: false } as const;
const MANUAL_45 = { ...MANUAL, sampling: 'one' } as const;

const GEN_46 = {
  thinking: ['enabled', 'adaptive', 'disabled'],
  efforts: EFFORTS_46,
  sampling: 'one',
  systemTurns: false,
  prefill: false,
} as const;

/** Adaptive only, and it can be switched off. */
const ADAPTIVE = {
  thinking: ['adaptive', 'disabled'],
  efforts: ALL_EFFORTS,
  sampling: 'none',
  systemTurns: false,
  prefill: false,
} as const;

/** Adaptive only, and it cannot be switched off. */
const ALWAYS = {
  thinking: ['adaptive'],
  efforts: ALL_EFFORTS,
  sampling: 'none',
  prefill: false,
} as const;

/** Oldest first, which nothing relies on. */
export const MAKER_RULES: readonly ModelRule[] = [
  { match: 'claude-2', ...UNTHINKING },
  { match: 'claude-v2', ...UNTHINKING },
  { match: 'claude-instant', ...UNTHINKING },
  { match: 'claude-3', ...UNTHINKING },
  { match: 'claude-3-7', ...MANUAL_NO_SCHEMA },
  { match: 'claude-opus-4-0', ...MANUAL_NO_SCHEMA },
  { match: 'claude-opus-4-20250514', ...MANUAL_NO_SCHEMA },
  { match: 'claude-sonnet-4-0', ...MANUAL_NO_SCHEMA },
  { match: 'claude-sonnet-4-20250514', ...MANUAL_NO_SCHEMA },
  { match: 'claude-opus-4-1', ...MANUAL, sampling: 'one' },
  { match: 'claude-sonnet-4-5', ...MANUAL_45 },
  { match: 'claude-haiku-4-5', ...MANUAL_45 },
  { match: 'claude-opus-4-5', ...MANUAL_45, efforts: ['low', 'medium', 'high'] },
  { match: 'claude-opus-4-6', ...GEN_46 },
  { match: 'claude-sonnet-4-6', ...GEN_46 },
  { match: 'claude-opus-4-7', ...ADAPTIVE },
  { match: 'claude-opus-4-8', ...ADAPTIVE, systemTurns: true },
  { match: 'claude-sonnet-5', ...ADAPTIVE },
  { match: 'claude-opus-5', ...ADAPTIVE, systemTurns: true },
  { match: 'claude-haiku-5-5', ...ADAPTIVE, systemTurns: true },
  {
    match: 'claude-sonnet-5-5',
    ...ADAPTIVE,
    thinking: ['adaptive', 'between_tools'],
    forcedTools: false,
    systemTurns: true,
  },
  { match: 'claude-opus-5-5', ...ALWAYS, forcedTools: false },
  { match: 'claude-fable-5', ...ALWAYS },
  { match: 'claude-mythos-5', ...ALWAYS },
  { match: 'claude-fable-5-1', ...ALWAYS, forcedTools: false },
  { match: 'claude-mythos-5-1', ...ALWAYS, forcedTools: false },
  { match: 'claude-fable-5-2', ...ALWAYS, forcedTools: false },
  { match: 'claude-mythos-5-2', ...ALWAYS, forcedTools: false },
  {
    match: 'claude-mythos-preview',
    ...ALWAYS,
    thinking: ['enabled', 'adaptive'],
    efforts: EFFORTS_46,
    systemTurns: false,
  },
];

/** A name of the maker's that no row lists. */
const NEWER: ModelRule = { match: 'claude-', ...ADAPTIVE, forcedTools: false };

/** Somebody else's model behind this wire: what its first generation took, which is what compatible servers document. */
const PLAIN: ModelRule = { match: '', ...MANUAL_NO_SCHEMA };

/** The row that lists the model; null where none does. */
export function listedRule(
  model: string,
  rules: readonly ModelRule[] = MAKER_RULES,
): ModelRule | null {
  return findRule(model, rules);
}

/** The row that lists the model, or the most careful assumption. */
export function ruleFor(model: string, rules: readonly ModelRule[] = MAKER_RULES): ModelRule {
  return listedRule(model, rules) ?? (model.toLowerCase().includes(NEWER.match) ? NEWER : PLAIN);
}

/** True where a listed model goes on from a last turn of its own: the maker's unless their row says otherwise, others where theirs does. */
export function takesPrefill(model: string, rules?: readonly ModelRule[]): boolean {
  const rule = listedRule(model, rules);
  return rule !== null && (rules === undefined ? rule.prefill !== false : rule.prefill === true);
}
