// What to do with a request: fail it as its words ask, refuse it as the vendor would, or answer it. Pure.
import type { JsonObject } from '../src/lib/json.ts';
import { isHostedOnVertex } from './anthropic-messages/vertex-hosting.ts';
import { type Ask, Refused } from './ask.ts';
import type { Behaviour } from './behaviour.ts';
import { type Prefill, refuseOpening } from './go-on.ts';
import type { HttpRequest } from './http/read-requests.ts';
import { answerOperation, isOperation } from './operations/answer-operation.ts';
import type { OperationAnswer } from './operations/operation.ts';
import { keyOf } from './read-behaviour.ts';
import type { VendorError, Wire } from './wire.ts';

export type Endpoint =
  | 'chat'
  | 'responses'
  | 'cohere-chat'
  | 'converse'
  | 'invoke'
  | 'generate'
  | 'messages'
  | 'count-tokens'
  | 'models'
  | 'model'
  | 'operation';

/** One request, read as far as it can be. */
export interface Visit {
  readonly wire: Wire;
  readonly endpoint: Endpoint | null;
  readonly request: HttpRequest;
  /** Without the query. */
  readonly path: string;
  /** Undefined where it is no JSON object. */
  readonly body: JsonObject | undefined;
  readonly model: string;
  readonly behaviour: Behaviour;
  /** What of the words was not understood. */
  readonly problem: string | null;
}

export type Decision =
  | { readonly do: 'reset' }
  | { readonly do: 'fail'; readonly error: VendorError }
  | { readonly do: 'whole'; readonly json: string }
  | { readonly do: 'operate'; readonly answer: OperationAnswer }
  | { readonly do: 'converse'; readonly ask: Ask };

const NOT_JSON =
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)";

/** @param keys that are let in; null: any. `created` in Unix seconds. */
export function decide(visit: Visit, keys: ReadonlySet<string> | null, created: number): Decision {
  const { wire, endpoint, request, path, behaviour } = visit;
  if (behaviour.faults.reset === 0) return { do: 'reset' };
  const key = keyOf(request.headers);
  if (keys !== null && !keys.has(key?.split('+')[0] ?? ''))
    return { do: 'fail', error: wire.missingKey(key) };
  if (visit.problem !== null)
    return { do: 'fail', error: wire.refusal(new Refused(visit.problem)) };
  if (failsWhole(behaviour)) return { do: 'fail', error: askedError(visit) };
  const isRead = endpoint === 'models' || endpoint === 'model';
  if (endpoint === null || (request.method === 'GET') !== isRead) {
    return { do: 'fail', error: wire.noSuchPage(request.method, path) };
  }
  if (endpoint === 'models') return { do: 'whole', json: wire.models(created) };
  if (endpoint === 'model') return { do: 'whole', json: wire.model(modelIn(path), created) };
  if (!visit.body) return { do: 'fail', error: wire.refusal(new Refused(NOT_JSON)) };
  if (endpoint === 'operation') {
    const answer = answerOperation(path, {
      fields: visit.body,
      model: visit.model,
      behaviour,
      created,
    });
    if (answer instanceof Refused) return { do: 'fail', error: wire.refusal(answer) };
    return { do: 'operate', answer };
  }
  const ask = wire.readAsk(visit.body, request, behaviour);
  if (ask instanceof Refused) return { do: 'fail', error: wire.refusal(ask) };
  const untaken = refuseOpening(ask, prefillOf(visit));
  if (untaken) return { do: 'fail', error: wire.refusal(untaken) };
  if (endpoint === 'count-tokens')
    return { do: 'whole', json: `{"input_tokens":${ask.promptTokens}}` };
  return { do: 'converse', ask };
}

/** What becomes of a last assistant message: as the words say, else as the vendor has it. */
export function prefillOf({ wire, model, behaviour }: Visit): Prefill {
  return behaviour.prefill ?? wire.prefill(model);
}

/** True where words ask for an error or a wrong body in the place of an answer. */
export function failsWhole({ faults }: Behaviour): boolean {
  return (
    faults.status !== null ||
    faults.error !== null ||
    faults.errorIn200 ||
    faults.empty ||
    faults.junk ||
    (faults.contentType?.startsWith('text/html') ?? false)
  );
}

function askedError({ wire, behaviour, model }: Visit): VendorError {
  const { faults } = behaviour;
  const error = wire.error(faults.error, faults.status, model);
  const isInside200 = faults.errorIn200 || (faults.status === null && faults.error === null);
  return isInside200 ? { ...error, status: 200 } : error;
}

/** Which endpoint a path ends in, whatever stands before it. */
export function endpointOf(path: string): Endpoint | null {
  if (path.endsWith('/chat/completions')) return 'chat';
  if (path.endsWith('/responses')) return 'responses';
  if (isOperation(path)) return 'operation';
  if (path.endsWith('/chat')) return 'cohere-chat';
  if (path.endsWith(':generateContent') || path.endsWith(':streamGenerateContent'))
    return 'generate';
  if (isHostedOnVertex(path)) return 'messages';
  if (path.includes('/model/')) return bedrockEndpoint(path);
  if (path.endsWith('/messages')) return 'messages';
  if (path.endsWith('/messages/count_tokens')) return 'count-tokens';
  if (path.endsWith('/models')) return 'models';
  return path.includes('/models/') ? 'model' : null;
}

function bedrockEndpoint(path: string): Endpoint | null {
  if (/\/converse(?:-stream)?$/.test(path)) return 'converse';
  return /\/invoke(?:-with-response-stream)?$/.test(path) ? 'invoke' : null;
}

function modelIn(path: string): string {
  const id = path.slice(path.indexOf('/models/') + '/models/'.length);
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
