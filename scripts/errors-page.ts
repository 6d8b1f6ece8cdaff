// docs/errors.md, from the one table of errors.
import { ERRORS } from '../src/core/errors.ts';

const NEXT: { readonly [next: string]: string } = {
  retry: 'the next candidate is tried; the last one is asked again after a short pause',
  fallback: 'the next candidate is tried at once',
  larger: 'a candidate with a larger context is tried',
  stop: 'the request ends',
};

export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, fault, next }]) => `| \`${code}\` | ${status} | ${fault} | ${NEXT[next]} |`,
  );
  return `# Errors

Every error has a stable \`code\`, goes out in the caller's dialect, and carries \`metadata\` with the attempts made. OpenAI's shape has it at \`error.code\`, Anthropic's at \`error.code\` beside \`error.type\`. Where a provider refused the request itself, its own code is kept: in OpenAI's shape at \`error.code\` (\`context_length_exceeded\` and the like), in Anthropic's at \`error.details.error_code\`. \`Retry-After\` is sent when somebody said when trying again makes sense.

A fault before the first content is an HTTP status. After the first content it is an error event in the stream, never a normal end.

| code | status | who has to act | what the gateway does |
|---|---|---|---|
${rows.join('\n')}

\`upstream_overloaded\` is 529 on Anthropic's endpoints, as its own clients expect. Generated from \`src/core/errors.ts\`.
`;
}
