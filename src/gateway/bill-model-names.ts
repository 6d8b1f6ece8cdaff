// What a model's name in a bill or in the log is without its date: the catalogue's rules, and what bills add to them.
import { fold, splitDate } from '../catalog/model-names.ts';
import type { ModelName } from '../reconcile/match-models.ts';

/** `gpt-3.5-turbo-0125`, `gpt-4-0613`: snapshots of the vendor's first years. */
const MONTH_AND_DAY = /-(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/;
/** `claude-sonnet-4-0` is an alias of `claude-sonnet-4-20250514` (platform.claude.com/docs/en/about-claude/models/overview). */
const POINT_ZERO = /^(claude-.*-\d)-0$/;

export function readBillModel(name: string): ModelName {
  const text = fold(name);
  // Tuned models are their owner's: only the whole name says which.
  if (text.startsWith('ft:')) return { family: text, dated: true };
  const split = splitDate(text);
  if (split !== null) return { family: plain(split.base), dated: !split.moving };
  const snapshot = MONTH_AND_DAY.exec(text);
  if (snapshot !== null) return { family: plain(text.slice(0, snapshot.index)), dated: true };
  return { family: plain(text), dated: false };
}

function plain(name: string): string {
  return name.replace(POINT_ZERO, '$1');
}
