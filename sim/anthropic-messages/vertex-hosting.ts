// Messages as Google Vertex serves them: the model and the streaming in the path, the version in the body, no header.
// https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai
import { asObject, parseJson } from '../../src/lib/json.ts';
import { modelOf } from '../gemini/read-contents.ts';
import type { HttpRequest } from '../http/read-requests.ts';

const VERSION = 'vertex-2023-10-16';

/** True for a path of this hosting. */
export function isHostedOnVertex(path: string): boolean {
  return path.endsWith(':rawPredict') || path.endsWith(':streamRawPredict');
}

/**
 * The request as Anthropic itself would have got it. One that is wrong for this hosting becomes one that is wrong there
 * too: without its version, or with a field nobody knows.
 */
export function unhosted(request: HttpRequest): HttpRequest {
  const body = asObject(parseJson(request.body));
  if (body === undefined || body.anthropic_version !== VERSION || body.model !== undefined)
    return request;
  const { anthropic_version: _, ...rest } = body;
  const model = modelOf(request.path);
  return {
    ...request,
    headers: { ...request.headers, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model, ...rest }),
  };
}
