// A router's message templates with their variables filled in. Only these are templates: what callers write never is.
import { GatewayError } from '../core/errors.ts';
import type { MessageTemplate } from '../core/router.ts';

type Variables = { readonly [name: string]: unknown };

const VARIABLE = /\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}/g;

/**
 * `{{name}}` by the request's `prompt_variables`: texts as they are, numbers and truth values as they are written, everything
 * else as JSON. What a value says is text, whatever it looks like. Throws `invalid_request` naming a variable that is missing.
 */
export function fillTemplates(
  templates: readonly MessageTemplate[],
  variables: Variables,
): MessageTemplate[] {
  return templates.map((template, at) => {
    const where = `The router's message template ${at + 1} (${template.role})`;
    const { content, toolCalls } = template;
    return {
      ...template,
      content: filled(content, variables, where, asText),
      ...(toolCalls === undefined
        ? {}
        : {
            toolCalls: toolCalls.map((call) => ({
              ...call,
              arguments: filled(call.arguments, variables, where, asStringContent),
            })),
          }),
    };
  });
}

function filled(
  text: string,
  variables: Variables,
  where: string,
  write: (value: unknown) => string,
): string {
  return text.replace(VARIABLE, (_, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    // Null is how clients write what they leave out.
    if (value === undefined || value === null)
      throw new GatewayError(
        'invalid_request',
        `${where} needs the variable '${name}': send it as prompt_variables.${name}.`,
        { param: `prompt_variables.${name}` },
      );
    return write(value);
  });
}

function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Arguments are JSON, and a variable can stand there only inside a string. */
function asStringContent(value: unknown): string {
  return JSON.stringify(asText(value)).slice(1, -1);
}
