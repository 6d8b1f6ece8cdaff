// A provider whose model follows a script: it looks at how far the conversation has come and says what the script says next. Its HTTP
// faces, the checks a vendor makes and the streams are the simulated provider's.

import type { Answer } from '../../../sim/answer.ts';
import { anthropicWire } from '../../../sim/anthropic-messages/anthropic-wire.ts';
import { type Ask, Refused } from '../../../sim/ask.ts';
import { converseWire } from '../../../sim/bedrock-converse/bedrock-wire.ts';
import { type Behaviour, PLAIN_BEHAVIOUR } from '../../../sim/behaviour.ts';
import { cohereWire } from '../../../sim/cohere/cohere-wire.ts';
import { geminiWire } from '../../../sim/gemini/gemini-wire.ts';
import { Ids } from '../../../sim/ids.ts';
import { openaiWire } from '../../../sim/openai-chat/openai-wire.ts';
import { responsesWire } from '../../../sim/openai-responses/responses-wire.ts';
import { pieces } from '../../../sim/tokens.ts';
import type { Wire } from '../../../sim/wire.ts';
import type { DialectId } from '../../../src/core/dialect.ts';
import { asObject, type JsonObject, parseJson } from '../../../src/lib/json.ts';
import { resultsIn, type SeenResult } from './tool-results.ts';

/** What the model does next. */
export interface Said {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly {
    readonly name: string;
    /** Free text for a custom tool. */
    readonly input: JsonObject | string;
  }[];
}

/** One request as the model got it. */
export interface Turn {
  readonly ask: Ask;
  readonly body: JsonObject;
  /** The results of all calls so far, in order. */
  readonly results: readonly SeenResult[];
}

export type Script = (turn: Turn) => Said;

/** One request, and what became of it. */
export interface SeenTurn {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: JsonObject;
  readonly ask: Ask | null;
  readonly results: readonly SeenResult[];
  /** Why it was refused: the vendor's words, or the script's. */
  readonly refused: string | null;
}

export interface ScriptedModel {
  /** With the version, as a provider's base URL. */
  readonly url: string;
  readonly seen: readonly SeenTurn[];
  stop(): Promise<void>;
}

export type WireName = DialectId;

const WIRES: { readonly [N in WireName]: { readonly wire: Wire; readonly path: RegExp } } = {
  'openai-chat': { wire: openaiWire, path: /^\/v1\/chat\/completions$/ },
  'openai-responses': { wire: responsesWire, path: /^\/v1\/responses$/ },
  'anthropic-messages': { wire: anthropicWire, path: /^\/v1\/messages$/ },
  gemini: { wire: geminiWire, path: /^\/v1\/models\/[^/]+:(?:streamG|g)enerateContent$/ },
  'bedrock-converse': { wire: converseWire, path: /^\/v1\/model\/[^/]+\/converse(?:-stream)?$/ },
  cohere: { wire: cohereWire, path: /^\/v1\/chat$/ },
};
const BEHAVIOUR: Behaviour = { ...PLAIN_BEHAVIOUR, strict: true };

export function startScriptedModel(name: WireName, script: Script): ScriptedModel {
  const face = WIRES[name];
  const seen: SeenTurn[] = [];
  const ids = new Ids(7);
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const turn = await readTurn(request, face);
      const answered = turn.refused === null ? next(turn, script) : turn.refused;
      const refused = typeof answered === 'string' ? answered : null;
      seen.push({ ...turn, refused });
      if (typeof answered === 'string' || turn.ask === null)
        return refusal(face.wire, refused ?? 'it cannot be read');
      const context = { ask: turn.ask, behaviour: BEHAVIOUR, ids, created: 1_790_000_000 };
      if (!turn.ask.stream)
        return new Response(face.wire.reply(answered, context), { headers: JSON_TYPE });
      const frames = [...face.wire.frames(answered, context)].map((frame) => frame.text);
      return streamed(frames, face.wire.binaryStream);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    seen,
    stop: () => server.stop(true),
  };
}

/** The request, checked as its vendor checks it. */
async function readTurn(
  request: Request,
  { wire, path }: { readonly wire: Wire; readonly path: RegExp },
): Promise<SeenTurn> {
  const { method, headers } = request;
  const { pathname } = new URL(request.url);
  const text = await request.text();
  const body = asObject(parseJson(text)) ?? {};
  const turn = { method, path: pathname, headers, body, results: resultsIn(body) };
  if (method !== 'POST' || !path.test(pathname))
    return { ...turn, ask: null, refused: `no such page: ${method} ${pathname}` };
  const sent = {
    method,
    path: pathname,
    headers: Object.fromEntries(headers),
    body: text,
    keepAlive: true,
  };
  const read = wire.readAsk(body, sent, BEHAVIOUR);
  return read instanceof Refused
    ? { ...turn, ask: null, refused: read.message }
    : { ...turn, ask: read, refused: null };
}

/** What the script says next, or why it says nothing. */
function next({ ask, body, results }: SeenTurn, script: Script): Answer | string {
  if (ask === null) return 'nothing was asked';
  try {
    return answerOf(script({ ask, body, results }), ask);
  } catch (thrown) {
    return `the script: ${String(thrown)}`;
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

function refusal(wire: Wire, message: string): Response {
  const error = wire.refusal(new Refused(message));
  const { status } = error;
  return new Response(wire.errorBody(error, 'vendor', 'req_1'), { status, headers: JSON_TYPE });
}

/** Frame by frame, each a turn of its own. @param binary the type of a stream whose frames have one character a byte */
function streamed(frames: readonly string[], binary: string | undefined): Response {
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const frame = frames[at];
      at += 1;
      if (frame === undefined) controller.close();
      else controller.enqueue(Buffer.from(frame, binary === undefined ? 'utf8' : 'latin1'));
    },
  });
  return new Response(body, { headers: { 'content-type': binary ?? 'text/event-stream' } });
}

function answerOf({ thinking, text, calls = [] }: Said, ask: Ask): Answer {
  const reasoning = pieces(thinking ?? '');
  const said = pieces(text ?? '');
  const made = calls.map(({ name, input }) => {
    const offered = ask.tools.find((tool) => tool.name === name);
    if (offered === undefined)
      throw new Error(
        `${name} was not offered, only ${ask.tools.map((tool) => tool.name).join(' ')}`,
      );
    return { name, custom: offered.custom, arguments: written(input, offered.custom) };
  });
  return {
    reasoning,
    text: said,
    isRefusal: false,
    calls: made,
    finish: made.length > 0 ? 'tool-calls' : 'stop',
    stopSequence: null,
    usage: {
      input: ask.promptTokens,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      reasoning: reasoning.length,
      output: said.length + made.length * 10,
    },
  };
}

/** A free-text tool that is offered as a function has the text as its one argument. */
function written(input: JsonObject | string, custom: boolean): string {
  if (typeof input !== 'string') return JSON.stringify(input);
  return custom ? input : JSON.stringify({ input });
}
