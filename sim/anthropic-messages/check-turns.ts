// What Anthropic refuses in the turns of a conversation: roles, empty text, tool results without calls, forged thinking.
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { isSigned } from './signature.ts';

const TOOL_ID = /^[a-zA-Z0-9_-]+$/;

/** @param thinking extended thinking is on, so a turn that calls tools must begin with its thinking */
export function checkTurns(messages: readonly Json[], thinking: boolean): Refused | null {
  if (messages.length === 0) return new Refused('messages: at least one message is required');
  let open: ReadonlySet<string> = new Set();
  for (const [index, given] of messages.entries()) {
    if (!isObject(given))
      return new Refused(`messages.${index}: Input should be a valid dictionary or object`);
    const last = index === messages.length - 1;
    const refused =
      checkRole(given, index) ??
      checkContent(given, index, last) ??
      checkResults(given, index, open);
    if (refused) return refused;
    open = given.role === 'assistant' ? callIds(given) : new Set();
    if (last && open.size > 0) return unanswered(index, [...open]);
  }
  return (
    checkLast(asObject(messages.at(-1)) ?? {}, messages.length - 1) ??
    (thinking ? checkThinkingTurn(messages) : null)
  );
}

function checkRole({ role }: JsonObject, index: number): Refused | null {
  if (role === undefined) return new Refused(`messages.${index}.role: Field required`);
  if (role === 'system') return new Refused("role 'system' is not supported on this model");
  if (role === 'user' || role === 'assistant') return null;
  return new Refused(`messages.${index}.role: Input should be 'user' or 'assistant'`);
}

function checkContent({ content, role }: JsonObject, index: number, last: boolean): Refused | null {
  if (content === undefined) return new Refused(`messages.${index}.content: Field required`);
  if (typeof content !== 'string' && !Array.isArray(content)) {
    return new Refused(`messages.${index}.content: Input should be a valid list`);
  }
  if (content.length === 0 && !(last && role === 'assistant')) {
    return new Refused(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  for (const [at, given] of (typeof content === 'string' ? [] : content).entries()) {
    const refused = checkBlock(asObject(given) ?? {}, `messages.${index}.content.${at}`);
    if (refused) return refused;
  }
  return null;
}

function checkBlock(block: JsonObject, path: string): Refused | null {
  switch (block.type) {
    case undefined:
      return new Refused(`${path}.type: Field required`);
    case 'text':
      if (typeof block.text !== 'string') return new Refused(`${path}.text.text: Field required`);
      return block.text === ''
        ? new Refused('messages: text content blocks must be non-empty')
        : null;
    case 'tool_use': {
      const id = asString(block.id);
      if (id === undefined) return new Refused(`${path}.tool_use.id: Field required`);
      if (!TOOL_ID.test(id))
        return new Refused(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
      return isObject(block.input)
        ? null
        : new Refused(`${path}.tool_use.input: Input should be a valid dictionary`);
    }
    case 'tool_result':
      return asString(block.tool_use_id) === undefined
        ? new Refused(`${path}.tool_result.tool_use_id: Field required`)
        : null;
    case 'thinking':
      if (asString(block.signature) === undefined)
        return new Refused(`${path}.thinking.signature: Field required`);
      return isSigned(asString(block.thinking) ?? '', asString(block.signature) ?? '')
        ? null
        : new Refused(`${path}: Invalid \`signature\` in \`thinking\` block`);
    default:
      return null;
  }
}

function callIds({ content }: JsonObject): ReadonlySet<string> {
  const blocks =
    typeof content === 'string' ? [] : asArray(content).map((block) => asObject(block) ?? {});
  return new Set(
    blocks.filter((block) => block.type === 'tool_use').map((block) => asString(block.id) ?? ''),
  );
}

function checkResults(
  { content, role }: JsonObject,
  index: number,
  open: ReadonlySet<string>,
): Refused | null {
  const missing = new Set(open);
  for (const [at, given] of (typeof content === 'string' ? [] : asArray(content)).entries()) {
    const block = asObject(given);
    if (block?.type !== 'tool_result') continue;
    const id = asString(block.tool_use_id) ?? '';
    if (role !== 'user' || !open.has(id)) {
      return new Refused(
        `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    missing.delete(id);
  }
  return missing.size === 0 ? null : unanswered(index - 1, [...missing]);
}

function unanswered(index: number, ids: readonly string[]): Refused {
  return new Refused(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

function checkLast({ role, content }: JsonObject, index: number): Refused | null {
  if (role !== 'assistant') return null;
  const text =
    typeof content === 'string'
      ? content
      : (asString(asObject(asArray(content).at(-1))?.text) ?? '');
  if (text === text.trimEnd()) return null;
  return new Refused(
    `messages.${index}: final assistant content cannot end with trailing whitespace`,
  );
}

function checkThinkingTurn(messages: readonly Json[]): Refused | null {
  const index = messages.findLastIndex((message) => asObject(message)?.role === 'assistant');
  const content = asObject(messages[index])?.content;
  const isLast = index === messages.length - 1;
  if (index === -1 || (!isLast && callIds({ content: content ?? [] }).size === 0)) return null;
  const first =
    typeof content === 'string' ? 'text' : asString(asObject(asArray(content)[0])?.type);
  if (first === 'thinking' || first === 'redacted_thinking') return null;
  return new Refused(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`.`,
  );
}
