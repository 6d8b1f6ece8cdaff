// Blocks → the turns this wire takes: one turn per side in a row, tool results first in theirs, system turns only where
// they may stand, nothing empty, no blank at the end of a prefilled answer.
// Rules: platform.claude.com/docs/en/api/messages, …/agents-and-tools/tool-use/parallel-tool-use,
// …/build-with-claude/mid-conversation-system-messages#limitations.
import type { Message } from '../../core/call.ts';
import type { ModelRule } from '../../core/provider.ts';
import { type Block, encodeParts } from './encode-content.ts';

interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly path: string;
  readonly blocks: Block[];
}
type Lose = (what: string) => void;

export interface Turns {
  readonly system: readonly Block[];
  readonly turns: readonly { readonly role: string; readonly content: readonly Block[] }[];
}

/** Stand in for a user turn where the wire demands one and the caller has none. They must not be blank. */
const OPENING = 'Begin.';
const CONTINUE = 'Continue.';

export function encodeTurns(messages: readonly Message[], rule: ModelRule, lose: Lose): Turns {
  const all: Turn[] = [];
  for (const message of messages) {
    const blocks = encodeParts(message, lose);
    if (blocks.length === 0) continue;
    const role = message.role === 'developer' ? 'system' : message.role;
    if (message.name !== undefined) lose(`${message.path}.name: dropped; turns have no names`);
    append(all, { role, path: message.path, blocks });
  }
  const lead = all[0]?.role === 'system' ? all.shift() : undefined;
  const turns = placeSystemTurns(all, rule, lose);
  neverEmpty(turns, lose);
  finish(turns, rule, lose);
  for (const turn of turns) if (turn.role === 'user') resultsFirst(turn);
  return {
    system: lead ? textOnly(lead, lose) : [],
    turns: turns.map(({ role, blocks }) => ({ role, content: blocks })),
  };
}

/** Adjacent turns of one side are one turn. */
function append(turns: Turn[], turn: Turn): void {
  const last = turns.at(-1);
  if (last?.role === turn.role) last.blocks.push(...turn.blocks);
  else turns.push({ ...turn, blocks: [...turn.blocks] });
}

/** The leading system prompt is text. */
function textOnly(turn: Turn, lose: Lose): Block[] {
  return turn.blocks.filter((block) => {
    if (block.type === 'text') return true;
    lose(`${turn.path}: ${String(block.type)} dropped; a system prompt takes only text`);
    return false;
  });
}

/**
 * A system turn may follow a user turn and be last or precede an assistant turn. Where the model takes none, or it
 * stands elsewhere, its text goes into the user turn there, marked as what it is.
 */
function placeSystemTurns(all: readonly Turn[], rule: ModelRule, lose: Lose): Turn[] {
  const turns: Turn[] = [];
  all.forEach((turn, index) => {
    if (turn.role !== 'system') {
      append(turns, turn);
      return;
    }
    const next = all[index + 1];
    const placed = turns.at(-1)?.role === 'user' && next?.role !== 'user';
    if (rule.systemTurns !== false && placed) {
      append(turns, turn);
      return;
    }
    const why =
      rule.systemTurns === false
        ? 'the model takes no system turn here'
        : 'no system turn may stand here';
    lose(`${turn.path}: ${why}; sent inside a user turn`);
    const reminders = asReminders(turn, lose);
    if (reminders.blocks.length > 0) append(turns, reminders);
  });
  return turns;
}

/** Its text, as the vendor's own client tells a model what is not the user's word; a user turn takes nothing else of it. */
function asReminders(turn: Turn, lose: Lose): Turn {
  const blocks = textOnly(turn, lose).map((block) => ({
    ...block,
    text: `<system-reminder>\n${String(block.text)}\n</system-reminder>`,
  }));
  return { role: 'user', path: turn.path, blocks };
}

/** A conversation may begin with the assistant (recorded), but it must not be empty. */
function neverEmpty(turns: Turn[], lose: Lose): void {
  if (turns.length > 0) return;
  lose(
    `messages: the API wants a turn after the system prompt; ${JSON.stringify(OPENING)} was put there`,
  );
  turns.push({ role: 'user', path: 'messages', blocks: [{ type: 'text', text: OPENING }] });
}

/** A last turn of the assistant's is the beginning of its answer: without blanks at its end, where the model takes it at all. */
function finish(turns: Turn[], rule: ModelRule, lose: Lose): void {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return;
  if (rule.prefill === false) {
    lose(
      `${last.path}: the model takes no beginning of its answer; ${JSON.stringify(CONTINUE)} was put after it`,
    );
    turns.push({ role: 'user', path: 'messages', blocks: [{ type: 'text', text: CONTINUE }] });
    return;
  }
  const at = last.blocks.length - 1;
  const block = last.blocks[at];
  if (block?.type !== 'text' || typeof block.text !== 'string') return;
  last.blocks[at] = { ...block, text: block.text.trimEnd() };
}

function resultsFirst(turn: Turn): void {
  const results = turn.blocks.filter(({ type }) => type === 'tool_result');
  if (results.length === 0) return;
  const others = turn.blocks.filter(({ type }) => type !== 'tool_result');
  turn.blocks.splice(0, turn.blocks.length, ...results, ...others);
}
