// Prompt-cache marks in a body: at most as many as the API takes.
import { isObject, type Json } from '../../lib/json.ts';
import type { Block } from './encode-content.ts';

/** platform.claude.com/docs/en/build-with-claude/prompt-caching */
const MAX_CACHE_MARKS = 4;

/** The caller's marks are kept, never moved or added to; of more than the API takes, the last ones cover the most. */
export function dropExtraMarks(body: Block, lose: (what: string) => void): void {
  const marked: Block[] = [];
  collectMarked(body.tools, marked);
  collectMarked(body.system, marked);
  collectMarked(body.messages, marked);
  const extra = marked.length - MAX_CACHE_MARKS;
  if (extra <= 0) return;
  for (const block of marked.slice(0, extra)) delete block.cache_control;
  lose(
    `cache_control: ${extra} of ${marked.length} marks dropped; the API takes ${MAX_CACHE_MARKS}`,
  );
}

function collectMarked(blocks: Json | undefined, into: Block[]): void {
  if (!Array.isArray(blocks)) return;
  for (const block of blocks as Block[]) {
    if (!isObject(block)) continue;
    collectMarked(block.content, into);
    if (block.cache_control !== undefined) into.push(block as Block);
  }
}
