// A router's message templates: the ways they may be written, and the one way they are kept.
import { z } from 'zod';
import { parseJson } from '../lib/json.ts';
import { templateProblem } from './template-syntax.ts';

const MAX_TEMPLATES = 64;
const MAX_TEMPLATE_CHARS = 64 * 1024;
const ROLES = ['system', 'user', 'assistant', 'tool'] as const;
const ROLE_PREFIX = /^(?:message_)?role_/;

type Issue = (message: string, ...path: (string | number)[]) => void;

const role = z
  .string()
  .describe('`system`, `user`, `assistant` or `tool`')
  .transform((text, context) => {
    const short = text.toLowerCase().replace(ROLE_PREFIX, '');
    const found = ROLES.find((known) => known === (short === 'developer' ? 'system' : short));
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: `must be one of ${ROLES.join(', ')}` });
    return z.NEVER;
  });

const toolCall = z.strictObject({
  id: z.string().max(256).optional(),
  name: z.string().max(256).optional(),
  args: z.string().max(MAX_TEMPLATE_CHARS).optional().describe('JSON text'),
});

const template = z
  .strictObject({
    role,
    content: z
      .string()
      .max(MAX_TEMPLATE_CHARS)
      .optional()
      .describe('`{{name}}` in it is one of the request’s `prompt_variables`'),
    content_items: z
      .array(z.strictObject({ text: z.string().max(MAX_TEMPLATE_CHARS).optional() }))
      .max(MAX_TEMPLATES)
      .optional()
      .describe('instead of `content`: texts, joined by line breaks'),
    tool_calls: z.array(toolCall).max(32).optional(),
    tool_call_id: z.string().max(256).optional(),
  })
  .transform((given, context) => {
    const issue: Issue = (message, ...path) => context.addIssue({ code: 'custom', message, path });
    const content = contentOf(given, issue);
    // Generated clients send every member, empty where nothing was set: an empty one is one that is not there.
    const calls = (given.tool_calls ?? [])
      .filter(({ id, name, args }) => id || name || args)
      .map((call, index) =>
        wholeCall(call, (message, ...path) => issue(message, 'tool_calls', index, ...path)),
      );
    const answers = given.tool_call_id || undefined;
    if (calls.length > 0 && given.role !== 'assistant')
      issue('are for templates of the role assistant', 'tool_calls');
    if (given.role === 'tool' && answers === undefined)
      issue('is missing: it names the call that is answered', 'tool_call_id');
    if (given.role !== 'tool' && answers !== undefined)
      issue('is for templates of the role tool', 'tool_call_id');
    if (content === '' && calls.length === 0) issue('is missing or empty', 'content');
    return {
      role: given.role,
      content,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(answers === undefined ? {} : { tool_call_id: answers }),
    };
  });

export const templates = z.array(template).max(MAX_TEMPLATES);

function contentOf(
  given: {
    readonly content?: string | undefined;
    readonly content_items?: readonly { readonly text?: string | undefined }[] | undefined;
  },
  issue: Issue,
): string {
  const items = (given.content_items ?? []).flatMap(({ text }) => text || []).join('\n');
  const content = given.content ?? '';
  if (content !== '' && items !== '' && content !== items)
    issue('stands beside content, and says something else: give one of them', 'content_items');
  const text = content === '' ? items : content;
  const problem = templateProblem(text);
  if (problem !== null) issue(problem, content === '' ? 'content_items' : 'content');
  return text;
}

function wholeCall(
  call: z.output<typeof toolCall>,
  issue: Issue,
): { readonly id: string; readonly name: string; readonly args: string } {
  const { id = '', name = '', args = '' } = call;
  if (id === '') issue('is missing', 'id');
  if (name === '') issue('is missing', 'name');
  const problem = templateProblem(args);
  if (problem !== null) issue(problem, 'args');
  else if (args !== '' && parseJson(args) === undefined) issue('must be JSON text', 'args');
  return { id, name, args: args === '' ? '{}' : args };
}
