// Cheap checks of a caller's body: what would be refused anyway is refused here, with its path; what the maker takes
// passes, known to us or not.
import { invalid } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';

const ROLES: readonly (Json | undefined)[] = ['user', 'assistant', 'system'];

/** Throws `invalid_request` naming the path. */
export function checkCall(body: JsonObject): void {
  if (typeof body.model !== 'string' || body.model === '') {
    throw invalid('model', 'is required: a non-empty string such as "provider/model"');
  }
  checkMaxTokens(body.max_tokens);
  checkMessages(body.messages);
  if (given(body.system)) checkContent(body.system, 'system');
  checkNumbers(body);
  checkTools(body);
  if (given(body.stop_sequences)) checkStrings(body.stop_sequences, 'stop_sequences');
  if (given(body.stream) && typeof body.stream !== 'boolean')
    throw invalid('stream', 'must be true or false');
  for (const field of ['thinking', 'output_config', 'metadata']) {
    if (given(body[field]) && !isObject(body[field])) throw invalid(field, 'must be an object');
  }
}

/** Required by the wire: unlike others, it has no default. 0 fills the prompt cache without an answer. */
function checkMaxTokens(value: Json | undefined): void {
  if (!given(value))
    throw invalid('max_tokens', 'is required: the most tokens the answer may have');
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw invalid('max_tokens', 'must be a whole number, 0 or more');
  }
}

function checkMessages(messages: Json | undefined): void {
  if (!Array.isArray(messages)) throw invalid('messages', 'is required: an array of messages');
  if (messages.length === 0) throw invalid('messages', 'must hold at least one message');
  for (let index = 0; index < messages.length; index += 1) {
    const message: Json = messages[index];
    const path = `messages[${index}]`;
    if (!isObject(message)) throw invalid(path, 'must be an object');
    if (!ROLES.includes(message.role))
      throw invalid(`${path}.role`, 'must be "user", "assistant" or "system"');
    checkContent(message.content, `${path}.content`);
  }
}

function checkContent(content: Json | undefined, path: string): void {
  if (typeof content === 'string') return;
  if (!Array.isArray(content))
    throw invalid(path, 'must be a string or an array of content blocks');
  for (let index = 0; index < content.length; index += 1) {
    const block: Json = content[index];
    if (!isObject(block)) throw invalid(`${path}[${index}]`, 'must be an object');
    if (typeof block.type !== 'string') throw invalid(`${path}[${index}].type`, 'must be a string');
  }
}

function checkNumbers(body: JsonObject): void {
  for (const field of ['temperature', 'top_p', 'top_k']) {
    // 1e999 is JSON too, and reads as Infinity, which cannot be written again.
    if (given(body[field]) && !Number.isFinite(body[field]))
      throw invalid(field, 'must be a number');
  }
}

function checkTools(body: JsonObject): void {
  const { tools, tool_choice: choice } = body;
  if (given(tools)) {
    if (!Array.isArray(tools)) throw invalid('tools', 'must be an array');
    for (let index = 0; index < tools.length; index += 1) {
      if (!isObject(tools[index])) throw invalid(`tools[${index}]`, 'must be an object');
    }
  }
  if (!given(choice)) return;
  if (!isObject(choice)) throw invalid('tool_choice', 'must be an object such as {"type": "auto"}');
  if (typeof choice.type !== 'string') throw invalid('tool_choice.type', 'must be a string');
}

function checkStrings(value: Json | undefined, path: string): void {
  if (!Array.isArray(value)) throw invalid(path, 'must be an array of strings');
  for (let index = 0; index < value.length; index += 1) {
    if (typeof value[index] !== 'string') throw invalid(`${path}[${index}]`, 'must be a string');
  }
}

/** Null is how clients write a field they leave out. */
function given(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
