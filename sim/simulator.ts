// The simulated provider behind its HTTP listener: one request in, one reply or one fault out.
import { asObject, asString, type JsonObject, parseJson } from '../src/lib/json.ts';
import { answerAsk } from './answer.ts';
import { anthropicWire } from './anthropic-messages/anthropic-wire.ts';
import { type Ask, Refused } from './ask.ts';
import type { Behaviour } from './behaviour.ts';
import { helpText } from './help-text.ts';
import type { HttpRequest } from './http/read-requests.ts';
import type { Responder } from './http/responder.ts';
import { Ids } from './ids.ts';
import { openaiWire } from './openai-chat/openai-wire.ts';
import { playStream } from './play-stream.ts';
import { type CacheUse, NO_CACHE, PromptCache } from './prompt-cache.ts';
import { BehaviourReader, keyOf } from './read-behaviour.ts';
import { RequestLog } from './record-requests.ts';
import { Schedule } from './schedule.ts';
import { sendWhole } from './send-whole.ts';
import type { VendorError, Wire } from './wire.ts';

export interface SimulatorOptions {
  /** Between two tokens, for models that do not say. */
  readonly gapMs: number;
  readonly seed: number;
  /** Keys that are let in; null: any, or none at all. */
  readonly keys: ReadonlySet<string> | null;
  readonly keep: number;
  readonly log: ((line: string) => void) | null;
}

type Endpoint = 'chat' | 'messages' | 'count-tokens' | 'models' | 'model';

/** One request under way. */
interface Visit {
  readonly wire: Wire;
  readonly request: HttpRequest;
  readonly responder: Responder;
  readonly behaviour: Behaviour;
  readonly model: string;
}

const AUTOMATIC_CACHE_TOKENS = 1024;

export class Simulator {
  readonly log: RequestLog;
  readonly #options: SimulatorOptions;
  readonly #schedule = new Schedule();
  readonly #behaviours = new BehaviourReader();
  readonly #cache = new PromptCache();
  readonly #ids: Ids;

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#ids = new Ids(options.seed);
    this.log = new RequestLog(options.keep);
  }

  /** Forgets requests, `times=N` counts and cached prompts. */
  clear(): void {
    this.log.clear();
    this.#behaviours.clear();
    this.#cache.clear();
  }

  stop(): void {
    this.#schedule.stop();
  }

  answer(request: HttpRequest, responder: Responder): void {
    const path = pathOf(request.path);
    if (this.#control(request, path, responder)) return;
    this.log.add(request, responder);
    if (this.#options.log) this.#logWhenDone(request, responder, this.#options.log);
    try {
      this.#visit(request, path, responder);
    } catch (error) {
      responder.whole(
        500,
        'content-type: text/plain\r\n',
        `the simulated provider failed: ${String(error)}\n`,
      );
    }
  }

  #visit(request: HttpRequest, path: string, responder: Responder): void {
    const endpoint = endpointOf(path);
    const isAnthropic =
      endpoint === 'messages' ||
      endpoint === 'count-tokens' ||
      request.headers['anthropic-version'] !== undefined;
    const body = request.body === '' ? undefined : asObject(parseJson(request.body));
    const model = asString(body?.model) ?? '';
    const { behaviour, problem } = this.#behaviours.read(model, request);
    const visit: Visit = {
      wire: isAnthropic ? anthropicWire : openaiWire,
      request,
      responder,
      behaviour,
      model,
    };
    const { faults } = behaviour;
    if (faults.stallHeaders) return;
    if (
      behaviour.ttftMs > 0 &&
      (faults.reset === 0 || failsWhole(behaviour) || endpoint === 'models')
    ) {
      return this.#later(responder, behaviour.ttftMs, () =>
        this.#respond(visit, endpoint, path, body, problem),
      );
    }
    this.#respond(visit, endpoint, path, body, problem);
  }

  #respond(
    visit: Visit,
    endpoint: Endpoint | null,
    path: string,
    body: JsonObject | undefined,
    problem: string | null,
  ): void {
    const { wire, request, responder, behaviour } = visit;
    const { faults } = behaviour;
    if (faults.reset === 0) return responder.reset();
    const key = keyOf(request.headers);
    const { keys } = this.#options;
    if (keys !== null && !keys.has(key?.split('+')[0] ?? ''))
      return this.#fail(visit, wire.missingKey(key));
    if (problem !== null) return this.#fail(visit, wire.refusal(new Refused(problem)));
    if (failsWhole(behaviour)) return this.#failAsAsked(visit);
    const isGet = endpoint === 'models' || endpoint === 'model';
    if (endpoint === null || (request.method === 'GET') !== isGet) {
      return this.#fail(visit, wire.noSuchPage(request.method, path));
    }
    const created = Math.floor(Date.now() / 1000);
    if (endpoint === 'models') return this.#whole(visit, 200, wire.models(created));
    if (endpoint === 'model') {
      return this.#whole(
        visit,
        200,
        wire.model(decodeURIComponent(path.slice(path.indexOf('/models/') + 8)), created),
      );
    }
    if (!body) return this.#fail(visit, wire.refusal(new Refused(NOT_JSON)));
    const ask = wire.readAsk(body, request, behaviour);
    if (ask instanceof Refused) return this.#fail(visit, wire.refusal(ask));
    if (endpoint === 'count-tokens')
      return this.#whole(visit, 200, `{"input_tokens":${ask.promptTokens}}`);
    this.#converse(visit, ask, created);
  }

  #converse(visit: Visit, ask: Ask, created: number): void {
    const { wire, responder, behaviour } = visit;
    const answer = answerAsk(ask, behaviour, this.#cacheUse(visit, ask));
    const context = { ask, behaviour, ids: this.#ids, created };
    const gapMs = behaviour.gapMs ?? this.#options.gapMs;
    if (!ask.stream) {
      const tookMs = behaviour.ttftMs + gapMs * (answer.usage.reasoning + answer.usage.output);
      const send = () => this.#whole(visit, 200, wire.reply(answer, context));
      return tookMs > 0 ? this.#later(responder, tookMs, send) : send();
    }
    const { faults } = behaviour;
    const requestId = wire.requestId(this.#ids);
    const error = faults.errorInStream
      ? wire.error(faults.errorInStream.error, null, ask.model)
      : null;
    const play = {
      frames: wire.frames(answer, context),
      behaviour,
      gapMs,
      headers: `content-type: ${faults.contentType ?? 'text/event-stream; charset=utf-8'}\r\ncache-control: no-cache\r\n${this.#headers(visit, requestId)}`,
      errorFrame: error ? wire.errorFrame(error, faults.errorShape, requestId) : '',
      malformed: wire.malformed,
      heartbeat: wire.heartbeat,
    };
    playStream(play, responder, this.#schedule);
  }

  #cacheUse({ wire, request }: Visit, ask: Ask): CacheUse {
    const scope = `${keyOf(request.headers)}\n${ask.model}`;
    if (wire === anthropicWire) {
      return ask.segments.some(({ mark }) => mark !== null)
        ? this.#cache.marked(scope, ask.segments, Date.now())
        : NO_CACHE;
    }
    return ask.promptTokens < AUTOMATIC_CACHE_TOKENS
      ? NO_CACHE
      : this.#cache.automatic(scope, ask.segments, Date.now());
  }

  /** The error the words ask for, in the place of any answer. */
  #failAsAsked(visit: Visit): void {
    const { faults } = visit.behaviour;
    const named = faults.error ?? faults.errorInStream?.error ?? null;
    const error = visit.wire.error(named, faults.status, visit.model);
    const isInside200 = faults.errorIn200 || (faults.status === null && faults.error === null);
    this.#fail(visit, isInside200 ? { ...error, status: 200 } : error);
  }

  #fail(visit: Visit, error: VendorError): void {
    const requestId = visit.wire.requestId(this.#ids);
    const { retryAfter, errorShape } = visit.behaviour.faults;
    const wait = retryAfter === null ? '' : `retry-after: ${retryAfter}\r\n`;
    this.#whole(
      visit,
      error.status,
      visit.wire.errorBody(error, errorShape, requestId),
      requestId,
      wait,
    );
  }

  #whole(visit: Visit, status: number, json: string, requestId?: string, more = ''): void {
    const headers = this.#headers(visit, requestId ?? visit.wire.requestId(this.#ids)) + more;
    const zips = visit.request.headers['accept-encoding']?.includes('gzip') ?? false;
    sendWhole(visit.responder, visit.behaviour, this.#schedule, { status, headers, json, zips });
  }

  #headers({ wire, behaviour }: Visit, requestId: string): string {
    const own = behaviour.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return wire.headers(behaviour, requestId) + own;
  }

  #later(responder: Responder, ms: number, run: () => void): void {
    const wait = this.#schedule.at(performance.now() + ms, run);
    responder.onGone = () => wait.cancel();
  }

  /** Pages of the simulator's own, which are not recorded. */
  #control(request: HttpRequest, path: string, responder: Responder): boolean {
    const json = 'content-type: application/json\r\n';
    if (path.endsWith('/sim/requests'))
      responder.whole(200, json, JSON.stringify(this.log.requests));
    else if (path.endsWith('/sim/clear') && request.method === 'POST') {
      this.clear();
      responder.whole(200, json, '{}');
    } else if (path === '/' || path === '/v1')
      responder.whole(200, 'content-type: text/plain; charset=utf-8\r\n', helpText());
    else return false;
    return true;
  }

  #logWhenDone(request: HttpRequest, responder: Responder, log: (line: string) => void): void {
    const startMs = performance.now();
    const then = responder.onEnd;
    responder.onEnd = (reusable) => {
      const how = responder.clientAborted ? 'client hung up' : (responder.status ?? 'no reply');
      const model = asString(asObject(parseJson(request.body))?.model) ?? '';
      log(
        `${request.method} ${request.path} ${model} → ${how}, ${Math.round(performance.now() - startMs)} ms`,
      );
      then?.(reusable);
    };
  }
}

const NOT_JSON =
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)";

/** True where words ask for an error or a wrong body in the place of an answer. */
function failsWhole({ faults }: Behaviour): boolean {
  return (
    faults.status !== null ||
    faults.error !== null ||
    faults.errorIn200 ||
    faults.empty ||
    faults.junk ||
    (faults.contentType?.startsWith('text/html') ?? false)
  );
}

function pathOf(path: string): string {
  const end = path.indexOf('?');
  return end === -1 ? path : path.slice(0, end);
}

function endpointOf(path: string): Endpoint | null {
  if (path.endsWith('/chat/completions')) return 'chat';
  if (path.endsWith('/messages')) return 'messages';
  if (path.endsWith('/messages/count_tokens')) return 'count-tokens';
  if (path.endsWith('/models')) return 'models';
  return path.includes('/models/') ? 'model' : null;
}
