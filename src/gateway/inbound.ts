// What came in: one chat request of any dialect, checked, with our options read and the rest decoded only when needed.
import { CACHE_HEADER, cacheHeader } from '../core/cache-header.ts';
import type { ChatCall } from '../core/call.ts';
import type { ChatDialect } from '../core/dialect.ts';
import type { Dressing } from '../core/dressing.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import { type GatewayOptions, MAX_NAME, readOptions } from '../core/options.ts';
import { headerText } from '../lib/header-text.ts';
import { isDeeperThan, isObject, type JsonObject, parseJson } from '../lib/json.ts';
import { brokenAt } from '../lib/json-position.ts';
import { once } from '../lib/once.ts';
import type { Continuation } from './continuation.ts';
import type { MediaFetches } from './inline-media.ts';
import { withOwnPaths } from './own-paths.ts';
import { type RoutedSettings, withUnsaid } from './routed-settings.ts';
import type { ThoughtMemory } from './thought-memory.ts';

export interface Inbound {
  readonly dialect: ChatDialect;
  /** The body's exact text: what a provider of the same dialect gets, but for our fields. */
  readonly text: string;
  readonly body: JsonObject;
  readonly model: string;
  readonly stream: boolean;
  readonly user: string | null;
  readonly options: GatewayOptions;
  /** Caller headers that go on to a provider of the same dialect; null when there are none. */
  readonly forwarded: { readonly [name: string]: string } | null;
  /** What has been fetched for it. */
  readonly fetches: MediaFetches;
  /** What is known of the caller's earlier tool calls. Absent: nothing is. */
  readonly memory?: ThoughtMemory;
  /** The earlier response it goes on from. Absent: it brings its conversation. */
  readonly continuation?: Continuation;
  /** What a router put to it, for the conversation it goes on from. Absent: nothing, or it brings its conversation. */
  readonly dressing?: Dressing;
  /** What a router said of how the answer is drawn. Absent: nothing. */
  readonly routed?: RoutedSettings;
  /** The call in the gateway's own words; decoded once, on first use. Throws `invalid_request`. */
  readonly call: () => ChatCall;
}

/**
 * Reads a request. Throws `invalid_json` or `invalid_request`, naming the place.
 * @param purpose a request to count tokens has no output to limit, so it need not say how much it may be; one that is only
 *   planned need not say anything.
 * @param seen told of the body before it is checked
 */
export function readInbound(
  dialect: ChatDialect,
  text: string,
  headers: Headers,
  purpose: 'answer' | 'count' | 'plan' = 'answer',
  seen?: (body: JsonObject) => void,
): Inbound {
  const body = parseBody(text);
  seen?.(body);
  const { model } = body;
  if (typeof model !== 'string' || model === '')
    throw invalid('model', 'must be a non-empty string, such as "openai/gpt-5.4"');
  if (model.length > MAX_NAME)
    throw invalid(
      'model',
      `is ${model.length} characters long: a name has at most ${MAX_NAME} characters`,
    );
  const checked = purpose === 'answer' ? body : { max_tokens: 1, ...body };
  dialect.checkCall(purpose === 'plan' ? withSomeTurn(checked) : checked);
  const options = withHeaders(readOptions(body), headers);
  return {
    dialect,
    text,
    body,
    model,
    stream: body.stream === true,
    user: headerText(headers, 'x-switchyard-user') || dialect.userOf(body),
    options,
    forwarded: forwardedHeaders(dialect, headers),
    fetches: new Map(),
    call: once(() => dialect.decodeCall(checked)),
  };
}

function withSomeTurn(body: JsonObject): JsonObject {
  const { messages } = body;
  const isEmpty = messages === undefined || (Array.isArray(messages) && messages.length === 0);
  return isEmpty ? { ...body, messages: [{ role: 'user', content: '?' }] } : body;
}

/** The same request in other words of its dialect. */
export function restated(
  inbound: Inbound,
  { text, body }: { readonly text: string; readonly body: JsonObject },
): Inbound {
  const { dialect, routed } = inbound;
  const decode = () => withUnsaid(dialect.decodeCall(body), routed?.unsaid);
  const call = once(() => withOwnPaths(decode(), routed?.pathOf));
  return { ...inbound, text, body, call };
}

const MAX_NESTING = 500;

/** The object a body is. Throws `invalid_json` or `invalid_request`. */
export function parseBody(text: string): JsonObject {
  if (text === '')
    throw new GatewayError('invalid_json', 'The request has no body: send a JSON object.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('invalid_json', `The request body is not valid JSON${position(text)}.`, {
      cause,
    });
  }
  if (!isObject(value))
    throw new GatewayError('invalid_json', 'The request body must be a JSON object.');
  // Printing it again would overflow the stack, which also takes seconds.
  if (isDeeperThan(MAX_NESTING, value))
    throw new GatewayError(
      'invalid_request',
      `The request body has arrays and objects more than ${MAX_NESTING} deep inside each other.`,
    );
  return value;
}

/** Where a broken text breaks; the text itself is never quoted, for it is the caller's prompt. */
function position(text: string): string {
  const at = brokenAt(text);
  if (at === null) return '';
  const before = text.slice(0, at);
  return ` (it breaks at line ${before.split('\n').length}, column ${at - before.lastIndexOf('\n')})`;
}

/** Options from headers, for clients whose body cannot be changed. The body's own win. */
export function withHeaders(options: GatewayOptions, headers: Headers): GatewayOptions {
  const metadata = headerText(headers, 'x-switchyard-metadata');
  const cache = headerText(headers, CACHE_HEADER);
  if (metadata === null && cache === null) return options;
  const read: { metadata?: JsonObject; cache?: GatewayOptions['cache'] } = {};
  if (metadata !== null) {
    const value = parseJson(metadata);
    if (!isObject(value)) throw invalid('x-switchyard-metadata', 'must be a JSON object');
    read.metadata = { ...value, ...(options.metadata as JsonObject | undefined) };
  }
  if (cache !== null) read.cache = { ...cacheHeader(cache), ...options.cache };
  return { ...options, ...read };
}

function forwardedHeaders(
  dialect: ChatDialect,
  headers: Headers,
): { [name: string]: string } | null {
  let found: { [name: string]: string } | null = null;
  for (const name of dialect.forwardedHeaders) {
    const value = headers.get(name);
    if (value === null) continue;
    found ??= {};
    found[name] = value;
  }
  return found;
}
