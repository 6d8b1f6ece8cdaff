// Every recorded request of the callers' wires, written for every wire: would its maker take it, and does it ask the same?

import { join } from 'node:path';
import type { ChatCall, Part } from '../../../src/core/call.ts';
import type { CallerDialectId, DialectId, Target } from '../../../src/core/dialect.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { OUR_FIELDS } from '../../../src/core/options.ts';
import { DIALECTS, UPSTREAM_DIALECTS } from '../../../src/dialects/index.ts';
import { asObject, asString, isObject, type JsonObject, parseJson } from '../../../src/lib/json.ts';
import { PROVIDERS } from '../../../src/providers/index.ts';
import { type Difference, differences } from '../differences.ts';
import { filesUnder } from '../find-recordings.ts';
import { CALLERS } from './callers.ts';
import { checkRequest } from './check-request.ts';
import { type RequestGist, requestGist } from './request-gist.ts';
import type { Recorded } from './sources.ts';

export interface AskedAcross {
  readonly id: string;
  readonly from: CallerDialectId;
  readonly to: DialectId;
  readonly stream: boolean;
  /** What its maker would not take; empty where it would. */
  readonly problems: readonly string[];
  /** Why the gateway itself refused to translate it, where it did. */
  readonly refused: string | null;
  readonly losses: readonly string[];
  /** Where the two requests do not ask the same. */
  readonly different: readonly Difference[];
  /** The caller says which of its tools may be called. */
  readonly chooses: boolean;
  readonly hasPlainDocument: boolean;
}

/** The maker of each wire, and a model of theirs. */
export const MAKERS: { readonly [W in DialectId]: readonly [provider: string, model: string] } = {
  'openai-chat': ['openai', 'gpt-4.1'],
  'openai-responses': ['openai', 'gpt-5.4'],
  'anthropic-messages': ['anthropic', 'claude-sonnet-4-6'],
  gemini: ['google', 'gemini-3-flash-preview'],
  'bedrock-converse': ['bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
  cohere: ['cohere', 'command-a-reasoning-08-2025'],
};
const WIRES = Object.keys(MAKERS) as DialectId[];

export function measureRequests(recordings: readonly Recorded[]): readonly AskedAcross[] {
  return recordings.flatMap(({ id, file, wire, host, request }) => {
    const from = CALLERS.find((caller) => caller === wire);
    if (from === undefined || host !== 'maker' || request === null) return [];
    const asked =
      request.previous_response_id == null
        ? decoded(from, request)
        : new GatewayError('not_found', 'it goes on with an answer that was not recorded with it');
    return WIRES.flatMap((to) => {
      const { body, ...result } =
        to === from ? forwarded(from, request) : across(asked, to, targetFor(to));
      const different =
        body === undefined ? [] : askedElse(to, requestGist(request), requestGist(body));
      const stream = request.stream === true;
      const { tool_choice } = request;
      const chooses =
        (isObject(tool_choice) && tool_choice.type !== 'auto') || tool_choice === 'none';
      return [
        {
          id: `${file} ${id}`,
          from,
          to,
          stream,
          different,
          chooses,
          hasPlainDocument: /text\/(?:plain|markdown|csv)/.test(JSON.stringify(request)),
          ...result,
        },
      ];
    });
  });
}

/** Anthropic's wire wants a limit of the answer, also where the caller set none. */
function askedElse(to: DialectId, asked: RequestGist, sent: RequestGist): Difference[] {
  const limit = to === 'anthropic-messages' && asked.limit === null ? sent.limit : asked.limit;
  return differences({ ...asked, limit } as never, { ...sent } as never);
}

type Across = Pick<AskedAcross, 'problems' | 'refused' | 'losses'>;

function across(
  asked: ChatCall | GatewayError,
  to: DialectId,
  target: Target,
): Across & { readonly body?: JsonObject } {
  if (asked instanceof GatewayError) return { problems: [], refused: asked.message, losses: [] };
  try {
    const { body, losses } = UPSTREAM_DIALECTS[to].encodeCall(withBytes(asked), target);
    const sent = asObject(parseJson(body)) ?? {};
    return { problems: checkRequest(to, sent), refused: null, losses, body: sent };
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return { problems: [], refused: thrown.message, losses: [] };
  }
}

/** On its own wire a request passes as it is, but for the fields that are the gateway's own: any other change is a problem. */
function forwarded(
  wire: CallerDialectId,
  request: JsonObject,
): Across & { readonly body?: JsonObject } {
  const target = { ...targetFor(wire, asString(request.model) ?? 'm'), quirks: {} };
  try {
    const { body, losses } = DIALECTS[wire].forwardCall(JSON.stringify(request), request, target);
    const sent = asObject(parseJson(body)) ?? {};
    const names = new Set([...Object.keys(request), ...Object.keys(sent)]);
    const changed = [...names].filter(
      (name) =>
        !OUR_FIELDS.has(name) &&
        name !== 'stream_options' &&
        // `reasoning` is a field of ours, which asks for just this in the wire's own words.
        !(name === 'reasoning_effort' && request.reasoning !== undefined) &&
        JSON.stringify(sent[name]) !== JSON.stringify(request[name]),
    );
    return {
      problems: changed.map((name) => `${name} changed`),
      refused: null,
      losses,
      body: sent,
    };
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return { problems: [], refused: thrown.message, losses: [] };
  }
}

function decoded(from: CallerDialectId, request: JsonObject): ChatCall | GatewayError {
  try {
    DIALECTS[from].checkCall(request);
    return DIALECTS[from].decodeCall(request);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
}

function targetFor(wire: DialectId, model?: string): Target {
  const [provider, usual] = MAKERS[wire];
  const quirks = PROVIDERS.find(({ id }) => id === provider)?.quirks ?? {};
  return {
    provider,
    model: model ?? usual,
    quirks,
    maxOutput: null,
    context: null,
    reasoning: null,
  };
}

/** The gateway fetches files by URL for wires that take bytes only; here a few bytes stand for them. */
function withBytes(call: ChatCall): ChatCall {
  const bytes = (part: Part): Part => {
    if ((part.type !== 'image' && part.type !== 'document') || part.source.kind !== 'url')
      return part;
    const mediaType =
      part.source.mediaType ?? (part.type === 'image' ? 'image/png' : 'application/pdf');
    return { ...part, source: { kind: 'base64', mediaType, data: 'QUJD' } };
  };
  return {
    ...call,
    messages: call.messages.map((message) => ({ ...message, parts: message.parts.map(bytes) })),
  };
}

// ---- beside another implementation

export interface SecondOpinion {
  readonly id: string;
  readonly from: CallerDialectId;
  readonly to: DialectId;
  readonly different: readonly Difference[];
}

const FORMATS: { readonly [name: string]: DialectId } = {
  'chat-completions': 'openai-chat',
  responses: 'openai-responses',
  anthropic: 'anthropic-messages',
  google: 'gemini',
  bedrock: 'bedrock-converse',
};

/** Requests as another implementation translated them, and as we do. */
export function secondOpinions(folder: string): readonly SecondOpinion[] {
  return filesUnder(join(folder, 'lingua'), '.json').flatMap(({ name, text }) => {
    const file = asObject(parseJson(text)) ?? {};
    return Object.entries(asObject(file.transforms) ?? {}).flatMap(([transform, given]) => {
      const [source = '', target = ''] = transform.split('_to_');
      const from = CALLERS.find((caller) => caller === FORMATS[source]);
      const to = FORMATS[target];
      const request = asObject(asObject(asObject(file.providers)?.[source])?.request);
      const expected = asObject(asObject(given)?.expected_request);
      if (from === undefined || to === undefined || !request || !expected) return [];
      const model = asString(expected.model) ?? asString(expected.modelId);
      const { body } = across(decoded(from, request), to, targetFor(to, model));
      const id = `${name.replace('.json', '')} ${transform}`;
      const ours = body === undefined ? null : requestGist(body);
      return [
        { id, from, to, different: differences(requestGist(expected) as never, ours as never) },
      ];
    });
  });
}
