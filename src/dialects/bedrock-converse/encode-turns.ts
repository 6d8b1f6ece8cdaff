// Messages → the turns this wire takes: one turn per side in a row, the user first, tool results first in theirs, system text
// only at the top, nothing empty, no blank at the end of a prefilled answer.
// docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html
import type { Message } from '../../core/call.ts';
import type { Json } from '../../lib/json.ts';
import type { Block } from './encode-document.ts';
import { encodeParts, type PartWriting } from './encode-parts.ts';

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly path: string;
  readonly blocks: Block[];
}

export interface Turns {
  readonly system: Block[];
  readonly turns: readonly { readonly role: string; readonly content: Block[] }[];
}

/** Stand where the wire demands a user turn, or a text beside a document, and the caller has none. They must not be blank. */
const OPENING = 'Begin.';
const CONTINUE = 'Continue.';
const ATTACHED = 'A document is attached.';

export function encodeTurns(messages: readonly Message[], writing: PartWriting): Turns {
  const { rule, lose } = writing;
  const system: Block[] = [];
  const turns: Turn[] = [];
  for (const message of messages) {
    const { role, path } = message;
    const blocks = encodeParts(message, writing);
    if (message.name !== undefined) lose(`${path}.name: dropped; turns have no names`);
    if (blocks.length === 0) continue;
    if (role === 'user' || role === 'assistant') append(turns, { role, path, blocks });
    else if (turns.length === 0 && rule.systemPrompt !== false) system.push(...blocks);
    else {
      const why =
        rule.systemPrompt === false
          ? 'the model takes no system prompt'
          : 'system text stands only before the conversation';
      lose(`${path}: ${why}; sent inside a user turn`);
      append(turns, { role: 'user', path, blocks: blocks.map(asReminder) });
    }
  }
  userFirst(turns, writing);
  finish(turns, writing);
  for (const turn of turns) {
    if (turn.role !== 'user') continue;
    resultsFirst(turn);
    besideDocument(turn, writing);
  }
  return { system, turns: turns.map(({ role, blocks }) => ({ role, content: blocks })) };
}

/** Adjacent turns of one side are one turn. */
function append(turns: Turn[], turn: Turn): void {
  const last = turns.at(-1);
  if (last?.role === turn.role) last.blocks.push(...turn.blocks);
  else turns.push({ ...turn, blocks: [...turn.blocks] });
}

/** Marked as what it is: not the user's word. */
function asReminder(block: Block): Block {
  if (typeof block.text !== 'string') return block;
  return { ...block, text: `<system-reminder>\n${block.text}\n</system-reminder>` };
}

function userFirst(turns: Turn[], { lose }: PartWriting): void {
  if (turns[0]?.role === 'user') return;
  lose(
    `messages: the API wants a conversation to begin with the user; ${JSON.stringify(OPENING)} was put there`,
  );
  turns.unshift({ role: 'user', path: 'messages', blocks: [{ text: OPENING }] });
}

/** A last turn of the assistant's is the beginning of its answer: without blanks at its end, where the model takes it at all. */
function finish(turns: Turn[], { rule, lose }: PartWriting): void {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return;
  if (rule.prefill === false) {
    lose(
      `${last.path}: the model takes no beginning of its answer; ${JSON.stringify(CONTINUE)} was put after it`,
    );
    turns.push({ role: 'user', path: 'messages', blocks: [{ text: CONTINUE }] });
    return;
  }
  const at = last.blocks.length - 1;
  const block = last.blocks[at];
  if (typeof block?.text === 'string') last.blocks[at] = { ...block, text: block.text.trimEnd() };
}

/** A result's cache point stays behind it. */
function resultsFirst(turn: Turn): void {
  const results: Block[] = [];
  const others: Block[] = [];
  let group = others;
  for (const block of turn.blocks) {
    if (block.cachePoint === undefined) group = block.toolResult === undefined ? others : results;
    group.push(block);
  }
  turn.blocks.splice(0, turn.blocks.length, ...results, ...others);
}

/** "If a document is included, a text block is required" (DocumentBlock, in the API reference). */
function besideDocument(turn: Turn, { lose }: PartWriting): void {
  const has = (member: string) =>
    turn.blocks.some((block) => (block[member] as Json) !== undefined);
  if (!has('document') || has('text')) return;
  lose(
    `${turn.path}: the API wants a text beside a document; ${JSON.stringify(ATTACHED)} was put there`,
  );
  turn.blocks.push({ text: ATTACHED });
}
