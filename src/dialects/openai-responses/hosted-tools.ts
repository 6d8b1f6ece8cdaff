// Which tools and items of this wire are the maker's own, run on its side: elsewhere they are opaque.
// platform.openai.com/docs/guides/tools
import { asString, type JsonObject } from '../../lib/json.ts';

export const DIALECT = 'openai-responses';

/** True for tools that the caller runs and every wire can offer; all others, known or not, are opaque. */
export function isCallersTool(tool: JsonObject): boolean {
  return tool.type === 'function' || tool.type === 'custom';
}

/** What to call an opaque tool: its own name, its server's, else its type. */
export function hostedToolName(tool: JsonObject): string {
  return (
    asString(tool.name) ?? asString(tool.server_label) ?? asString(tool.type) ?? 'unknown tool'
  );
}

/** Items the caller answers hosted tools with. */
const ANSWERS: ReadonlySet<string> = new Set([
  'computer_call_output',
  'local_shell_call_output',
  'shell_call_output',
  'apply_patch_call_output',
  'mcp_approval_response',
  'tool_search_output',
]);

/**
 * Whose turn an opaque item stands in. A new kind of item says so by its name, as all before it did: what answers a call
 * ends in `_output` or `_response`.
 */
export function opaqueItemRole(type: string): 'user' | 'assistant' {
  if (ANSWERS.has(type)) return 'user';
  return type.endsWith('_output') || type.endsWith('_response') ? 'user' : 'assistant';
}
