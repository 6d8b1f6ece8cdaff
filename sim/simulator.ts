// The simulated provider behind its HTTP listener: one request in, one reply or one fault out.
import { asObject, asString, parseJson } from '../src/lib/json.ts';
import { answerAsk } from './answer.ts';
import { anthropicWire } from './anthropic-messages/anthropic-wire.ts';
import { isHostedOnVertex, unhosted } from './anthropic-messages/vertex-hosting.ts';
import type { Ask } from './ask.ts';
import { converseWire, invokeWire } from './bedrock-converse/bedrock-wire.ts';
import { modelInPath } from './bedrock-converse/read-converse.ts';
import { cohereWire } from './cohere/cohere-wire.ts';
import {
  type Decision,
  decide,
  type Endpoint,
  endpointOf,
  failsWhole,
  prefillOf,
  type Visit,
} from './decide.ts';
import { geminiWire } from './gemini/gemini-wire.ts';
import { modelOf } from './gemini/read-contents.ts';
import { helpText } from './help-text.ts';
import type { HttpRequest } from './http/read-requests.ts';
import type { Responder } from './http/responder.ts';
import { Ids } from './ids.ts';
import { openaiWire } from './openai-chat/openai-wire.ts';
import { responsesWire } from './openai-responses/responses-wire.ts';
import { fieldsOf, modelNamed } from './operations/answer-operation.ts';
import type { OperationAnswer } from './operations/operation.ts';
import { playStream } from './play-stream.ts';
import { type CacheUse, NO_CACHE, PromptCache } from './prompt-cache.ts';
import { BehaviourReader, keyOf } from './read-behaviour.ts';
import { RequestLog } from './record-requests.ts';
import { Schedule } from './schedule.ts';
import { sendWhole } from './send-whole.ts';
import type { Frame, VendorError, Wire } from './wire.ts';

export interface SimulatorOptions {
  /** Between two tokens, for models that do not say. */
  readonly gapMs: number;
  readonly seed: number;
  /** Keys that are let in; null: any, or none at all. */
  readonly keys: ReadonlySet<string> | null;
  readonly keep: number;
  readonly log: ((line: string) => void) | null;
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
    const end = request.path.indexOf('?');
    const path = end === -1 ? request.path : request.path.slice(0, end);
    if (this.#ownPage(request, path, responder)) return;
    this.log.add(request, responder);
    if (this.#options.log) this.#logWhenDone(request, responder, this.#options.log);
    try {
      this.#receive(this.#read(request, path), responder);
    } catch (error) {
      responder.whole(
        500,
        'content-type: text/plain\r\n',
        `the simulated provider failed: ${String(error)}\n`,
      );
    }
  }

  #read(given: HttpRequest, path: string): Visit {
    const endpoint = endpointOf(path);
    const request = isHostedOnVertex(path) ? unhosted(given) : given;
    const wire = wireOf(endpoint, request);
    const body = request.body === '' ? undefined : fieldsOf(request);
    const model =
      endpoint === 'generate' ? modelOf(request.path) : modelNamed(body) || modelInPath(path);
    return { wire, endpoint, request, path, body, model, ...this.#behaviours.read(model, request) };
  }

  #receive(visit: Visit, responder: Responder): void {
    const { behaviour } = visit;
    if (behaviour.faults.stallHeaders) return;
    const run = () =>
      this.#act(visit, decide(visit, this.#options.keys, Math.floor(Date.now() / 1000)), responder);
    const waits = behaviour.ttftMs > 0 && (behaviour.faults.reset === 0 || failsWhole(behaviour));
    if (waits) this.#later(responder, behaviour.ttftMs, run);
    else run();
  }

  #act(visit: Visit, decision: Decision, responder: Responder): void {
    switch (decision.do) {
      case 'reset':
        responder.reset();
        break;
      case 'fail':
        this.#fail(visit, decision.error, responder);
        break;
      case 'whole':
        this.#whole(visit, 200, decision.json, responder);
        break;
      case 'operate':
        this.#operate(visit, decision.answer, responder);
        break;
      case 'converse':
        this.#converse(visit, decision.ask, responder);
        break;
    }
  }

  #operate(visit: Visit, answer: OperationAnswer, responder: Responder): void {
    const { behaviour, wire } = visit;
    if ('frames' in answer) {
      this.#play(visit, answer.frames, behaviour.gapMs ?? this.#options.gapMs, responder);
      return;
    }
    const headers = this.#headers(visit, wire.requestId(this.#ids));
    const { body, contentType } = answer;
    const send = () =>
      sendWhole(responder, behaviour, this.#schedule, {
        status: 200,
        headers,
        body,
        contentType,
        zips: false,
      });
    if (behaviour.ttftMs > 0) this.#later(responder, behaviour.ttftMs, send);
    else send();
  }

  #converse(visit: Visit, ask: Ask, responder: Responder): void {
    const { wire, behaviour } = visit;
    const answer = answerAsk(ask, behaviour, {
      cache: this.#cacheUse(visit, ask),
      prefill: prefillOf(visit),
    });
    const context = { ask, behaviour, ids: this.#ids, created: Math.floor(Date.now() / 1000) };
    const gapMs = behaviour.gapMs ?? this.#options.gapMs;
    const inside = behaviour.faults.errorInStream;
    if (ask.stream) {
      this.#play(visit, wire.frames(answer, context), gapMs, responder);
      return;
    }
    const send = inside
      ? () =>
          this.#fail(
            visit,
            { ...wire.error(inside.error, null, ask.model), status: 200 },
            responder,
          )
      : () => this.#whole(visit, 200, wire.reply(answer, context), responder);
    const tookMs = behaviour.ttftMs + gapMs * (answer.usage.reasoning + answer.usage.output);
    if (tookMs > 0) this.#later(responder, tookMs, send);
    else send();
  }

  #play(visit: Visit, frames: Generator<Frame, void>, gapMs: number, responder: Responder): void {
    const { wire, behaviour } = visit;
    const { errorInStream, errorShape, contentType } = behaviour.faults;
    const requestId = wire.requestId(this.#ids);
    const type = contentType ?? wire.binaryStream ?? 'text/event-stream; charset=utf-8';
    playStream(
      {
        frames,
        behaviour,
        gapMs,
        headers: `content-type: ${type}\r\ncache-control: no-cache\r\n${this.#headers(visit, requestId)}`,
        errorFrame: errorInStream
          ? wire.errorFrame(
              wire.error(errorInStream.error, null, visit.model),
              errorShape,
              requestId,
            )
          : '',
        malformed: wire.malformed,
        damaged: wire.damaged ?? wire.malformed,
        binary: wire.binaryStream !== undefined,
        heartbeat: wire.heartbeat,
      },
      responder,
      this.#schedule,
    );
  }

  #cacheUse({ wire, request }: Visit, ask: Ask): CacheUse {
    const scope = `${keyOf(request.headers)}\n${ask.model}`;
    if (wire === anthropicWire || wire.marksCache) {
      const isMarked = ask.segments.some(({ mark }) => mark !== null);
      return isMarked ? this.#cache.marked(scope, ask.segments, Date.now()) : NO_CACHE;
    }
    if (ask.promptTokens < AUTOMATIC_CACHE_TOKENS) return NO_CACHE;
    return this.#cache.automatic(scope, ask.segments, Date.now());
  }

  #fail(visit: Visit, error: VendorError, responder: Responder): void {
    const requestId = visit.wire.requestId(this.#ids);
    const { retryAfter, errorShape } = visit.behaviour.faults;
    const own = visit.wire.errorHeaders?.(error) ?? '';
    const wait = own + (retryAfter === null ? '' : `retry-after: ${retryAfter}\r\n`);
    const body = visit.wire.errorBody(error, errorShape, requestId);
    this.#whole(visit, error.status, body, responder, wait, requestId);
  }

  #whole(
    visit: Visit,
    status: number,
    json: string,
    responder: Responder,
    more = '',
    id?: string,
  ): void {
    const headers = this.#headers(visit, id ?? visit.wire.requestId(this.#ids)) + more;
    const zips = visit.request.headers['accept-encoding']?.includes('gzip') ?? false;
    sendWhole(responder, visit.behaviour, this.#schedule, { status, headers, body: json, zips });
  }

  #headers({ wire, behaviour }: Visit, requestId: string): string {
    const lines = wire.headers(behaviour, requestId);
    if (behaviour.headers.length === 0) return lines;
    return lines + behaviour.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }

  #later(responder: Responder, ms: number, run: () => void): void {
    const wait = this.#schedule.at(performance.now() + ms, run);
    responder.onGone = () => wait.cancel();
  }

  /** Pages of the simulator's own, which are not recorded. */
  #ownPage(request: HttpRequest, path: string, responder: Responder): boolean {
    const json = 'content-type: application/json\r\n';
    if (path === '/sim/requests') {
      responder.whole(200, json, JSON.stringify(this.log.requests));
    } else if (path === '/sim/clear' && request.method === 'POST') {
      this.clear();
      responder.whole(200, json, '{}');
    } else if (path === '/' || path === '/v1') {
      responder.whole(200, 'content-type: text/plain; charset=utf-8\r\n', helpText());
    } else return false;
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

function wireOf(endpoint: Endpoint | null, request: HttpRequest): Wire {
  switch (endpoint) {
    case 'messages':
    case 'count-tokens':
      return anthropicWire;
    case 'responses':
      return responsesWire;
    case 'cohere-chat':
      return cohereWire;
    case 'converse':
      return converseWire;
    case 'invoke':
      return invokeWire;
    case 'generate':
      return geminiWire;
    default:
      return request.headers['anthropic-version'] === undefined ? openaiWire : anthropicWire;
  }
}
