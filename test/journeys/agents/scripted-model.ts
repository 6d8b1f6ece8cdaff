// A provider whose model follows a script: it looks at how far the conversation has come and says what the script says next. Its HTTP
// faces, the checks a vendor makes and the streams are the simulated provider's.

import type { Answer } from '../../../sim/answer.ts';
import { anthropicWire } from '../../../sim/anthropic-messages/anthropic-wire.ts';
import { type Ask, Refused } from '../../../sim/ask.ts';
import { type Behaviour, PLAIN_BEHAVIOUR } from '../../../sim/behaviour.ts';
import { Ids } from '../../../sim/ids.ts';
import { openaiWire } from '../../../sim/openai-chat/openai-wire.ts';
import { pieces } from '../../../sim/tokens.ts';
import type { Wire } from '../../../sim/wire.ts';
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

export type WireName = 'openai-chat' | 'anthropic-messages';

const WIRES: { readonly [N in WireName]: { readonly wire: Wire; readonly path: string } } = {
  'openai-chat': { wire: openaiWire, path: '/v1/chat/completions' },
  'anthropic-messages': { wire: anthropicWire, path: '/v1/messages' },
};
const BEHAVIOUR: Behaviour = { ...PLAIN_BEHAVIOUR, strict: true };

export function startScriptedModel(name: WireName, script: Script): ScriptedModel {
  const { wire, path } = WIRES[name];
  const seen: SeenTurn[] = [];
  const ids = new Ids(7);
  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const { method, headers } = request;
    const text = await request.text();
    const body = asObject(parseJson(text)) ?? {};
    const results = resultsIn(body);
    const read = wire.readAsk(
      body,
      {
        method,
        path: url.pathname,
        headers: Object.fromEntries(headers),
        body: text,
        keepAlive: true,
      },
      BEHAVIOUR,
    );
    const turn = { method, path: url.pathname, headers, body, results };
    const refuse = (message: string) => {
      seen.push({ ...turn, ask: read instanceof Refused ? null : read, refused: message });
      const error = wire.refusal(read instanceof Refused ? read : new Refused(message));
      return new Response(wire.errorBody(error, 'vendor', 'req_1'), {
        status: error.status,
        headers: JSON_TYPE,
      });
    };
    if (method !== 'POST' || url.pathname !== path)
      return refuse(`no such page: ${method} ${url.pathname}`);
    if (read instanceof Refused) return refuse(read.message);
    let said: Said;
    try {
      said = script({ ask: read, body, results });
    } catch (thrown) {
      return refuse(`the script: ${String(thrown)}`);
    }
    seen.push({ ...turn, ask: read, refused: null });
    const context = { ask: read, behaviour: BEHAVIOUR, ids, created: 1_790_000_000 };
    const made = answerOf(said, read);
    if (!read.stream) return new Response(wire.reply(made, context), { headers: JSON_TYPE });
    const frames = [...wire.frames(made, context)].map((frame) => frame.text);
    return new Response(stream(frames), { headers: { 'content-type': 'text/event-stream' } });
  };
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    seen,
    stop: () => server.stop(true),
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** Frame by frame, each a turn of its own. */
function stream(frames: readonly string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const frame = frames[at];
      at += 1;
      if (frame === undefined) controller.close();
      else controller.enqueue(encoder.encode(frame));
    },
  });
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
