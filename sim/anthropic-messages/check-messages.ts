// What Anthropic refuses in a Messages request, in its words (from its replies as people quote them).
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { checkTurns } from './check-turns.ts';

/** https://docs.claude.com/en/api/messages and its beta fields */
const FIELDS = new Set(
  (
    'max_tokens messages model billing_policy cache_control compaction container context_management diagnostics ' +
    'fallback_credit_token fallbacks inference_geo mcp_servers metadata output_config output_format service_tier speed ' +
    'stop_sequences stream system temperature thinking thread tool_choice tools top_k top_p user_profile_id workspace_id'
  ).split(' '),
);
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const MIN_THINKING_TOKENS = 1024;

/**
 * The first thing the vendor would refuse, or null.
 * @param counting count_tokens takes the same body without `max_tokens`
 */
export function checkMessages(
  body: JsonObject,
  strict: boolean,
  counting: boolean,
): Refused | null {
  if (asString(body.model) === undefined) return new Refused('model: Field required');
  if (!counting && body.max_tokens === undefined) return new Refused('max_tokens: Field required');
  if (!counting && (asNumber(body.max_tokens) ?? 0) < 1) {
    return new Refused('max_tokens: Input should be greater than or equal to 1');
  }
  if (body.messages === undefined) return new Refused('messages: Field required');
  if (!Array.isArray(body.messages)) return new Refused('messages: Input should be a valid list');
  if (strict) {
    for (const field in body) {
      if (!FIELDS.has(field)) return new Refused(`${field}: Extra inputs are not permitted`);
    }
  }
  // The vendor holds threads for those who may have them, and says this to the others.
  if (body.thread !== undefined && body.thread !== null)
    return new Refused(
      'thread: Threads are not supported for this organization (simulated)',
      null,
      'thread_unsupported_request',
    );
  return (
    checkSystem(body.system) ??
    checkTools(asArray(body.tools), body) ??
    checkThinking(body) ??
    checkTurns(asArray(body.messages), asObject(body.thinking)?.type === 'enabled')
  );
}

function checkSystem(system: Json | undefined): Refused | null {
  if (system === undefined || typeof system === 'string') return null;
  if (!Array.isArray(system)) return new Refused('system: Input should be a valid list');
  for (const [index, block] of system.entries()) {
    if (asObject(block)?.type !== 'text')
      return new Refused(`system.${index}.type: Input should be 'text'`);
  }
  return null;
}

function checkTools(tools: readonly Json[], body: JsonObject): Refused | null {
  const names = new Set<string>();
  for (const [index, given] of tools.entries()) {
    const tool = asObject(given) ?? {};
    const name = asString(tool.name);
    const type = asString(tool.type) ?? 'custom';
    if (name === undefined && type === 'custom')
      return new Refused(`tools.${index}.custom.name: Field required`);
    if (name !== undefined && !TOOL_NAME.test(name)) {
      return new Refused(
        `tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`,
      );
    }
    if (type === 'custom' && !isObject(tool.input_schema)) {
      return new Refused(`tools.${index}.custom.input_schema: Field required`);
    }
    if (type === 'custom' && asObject(tool.input_schema)?.type !== 'object') {
      return new Refused(`tools.${index}.custom.input_schema.type: Field required`);
    }
    if (name !== undefined && names.has(name))
      return new Refused('tools: Tool names must be unique.');
    if (name !== undefined) names.add(name);
  }
  const choice = asObject(body.tool_choice);
  if (choice === undefined) return null;
  if (tools.length === 0)
    return new Refused('tool_choice may only be specified while providing tools.');
  if (choice.type === 'tool' && !names.has(asString(choice.name) ?? '')) {
    return new Refused(`Tool '${String(choice.name)}' not found in provided tools`);
  }
  return null;
}

function checkThinking(body: JsonObject): Refused | null {
  const thinking = asObject(body.thinking);
  if (thinking?.type !== 'enabled') return null;
  const budget = asNumber(thinking.budget_tokens);
  if (budget === undefined) return new Refused('thinking.enabled.budget_tokens: Field required');
  if (budget < MIN_THINKING_TOKENS) {
    return new Refused(
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    );
  }
  const maxTokens = asNumber(body.max_tokens);
  if (maxTokens !== undefined && maxTokens <= budget) {
    return new Refused(
      '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size',
    );
  }
  const choice = asObject(body.tool_choice)?.type;
  if (choice === 'any' || choice === 'tool')
    return new Refused('Thinking may not be enabled when tool_choice forces tool use.');
  return null;
}
