// A server that is every provider, vendor and collector at once: it answers, fails and babbles as the model's name says.
import { gunzipSync } from 'node:zlib';
import { HOST, SECRETS, WORDS } from './planted.ts';

/** How it answers, by what stands in the name of the model; `ok`: as the provider would. */
export const WAYS = [
  ...['400', '401', '403', '404', '413', '422', '429', '500', '503'],
  ...['trace', 'html', 'text', 'inside', 'nonsense', 'cut', 'later', 'empty'],
] as const;

export interface Babbler {
  readonly port: number;
  /** What came for collectors and other receivers of exports, unpacked, by path. */
  readonly received: ReadonlyMap<string, string>;
  readonly asked: number;
  stop(): Promise<void>;
}

/** What exports want to see before they take an answer for the other side's own. */
const RECEIPT = { etag: '"x"', 'x-clickhouse-query-id': 'x' };

export function startBabbler(): Babbler {
  const received = new Map<string, string>();
  let asked = 0;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const url = new URL(request.url);
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (url.pathname.startsWith('/token'))
        return Response.json({ access_token: SECRETS['the token Google gave'], expires_in: 3600 });
      if (url.pathname.startsWith('/receive')) {
        const plain =
          request.headers.get('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes;
        const before = received.get(url.pathname) ?? '';
        received.set(url.pathname, before + Buffer.from(plain).toString('latin1'));
        return new Response(null, { headers: RECEIPT });
      }
      asked += 1;
      const text = Buffer.from(bytes).toString('utf8');
      const way = WAYS.find(
        (one) => url.pathname.includes(`way-${one}`) || text.includes(`way-${one}`),
      );
      return way === undefined ? answer(text) : fail(way, request, text);
    },
  });
  return {
    port: server.port ?? 0,
    received,
    get asked() {
      return asked;
    },
    stop: () => server.stop(true),
  };
}

function fail(way: (typeof WAYS)[number], request: Request, text: string): Response {
  const headers = JSON.stringify([...request.headers]);
  // All a provider was ever seen to repeat: the key, where it runs, what it was asked, from the end and from the beginning.
  const said = `Refused by https://${HOST}:8443/v1 (${request.url}, 10.20.30.40): ${text.slice(-500)} | ${text.slice(0, 500)} | ${headers.slice(0, 900)}`;
  const error = {
    type: 'error',
    error: { message: said, type: 'server_error', code: 500, status: 'INTERNAL', param: said },
    message: said,
    __type: 'ServerException',
  };
  const chunk = `data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"${WORDS['the answer of a model']} "}}]}\n\n`;
  const events = { 'content-type': 'text/event-stream' };
  const told = {
    'x-request-id': 'r1',
    'x-upstream-host': HOST,
    'set-cookie': `k=${SECRETS['the secret of a cookie']}`,
  };
  switch (way) {
    case 'trace': {
      const trace = `${said}\n    at handler (/srv/${HOST}/app.py:12)\nTraceback (most recent call last): ${said}`;
      return new Response(trace, { status: 500, headers: told });
    }
    case 'html':
      return new Response(`<html><title>${said}</title></html>`, { status: 502, headers: told });
    case 'text':
      return new Response(said, { status: 500, headers: told });
    case 'inside':
      return Response.json(error, { headers: told });
    case 'nonsense':
      return new Response(`{"choices": [${said}`, {
        headers: { 'content-type': 'application/json' },
      });
    case 'cut':
      return new Response(chunk, { headers: events });
    case 'later':
      return new Response(`${chunk}event: error\ndata: ${JSON.stringify(error)}\n\n`, {
        headers: events,
      });
    case 'empty':
      return new Response(null, { status: 200 });
    default:
      return Response.json(error, { status: Number(way), headers: told });
  }
}

/** On every wire at once: each reads its own members. */
function answer(text: string): Response {
  const content = WORDS['the answer of a model'];
  const usage = {
    prompt_tokens: 5,
    completion_tokens: 5,
    total_tokens: 10,
    input_tokens: 5,
    output_tokens: 5,
  };
  if (text.includes('"input"') && !text.includes('"messages"'))
    return Response.json({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
      usage,
    });
  return Response.json({
    id: 'x',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
    candidates: [{ content: { parts: [{ text: content }], role: 'model' }, finishReason: 'STOP' }],
    output: { message: { role: 'assistant', content: [{ text: content }] } },
    stopReason: 'end_turn',
    message: { role: 'assistant', content: [{ type: 'text', text: content }] },
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: content }],
    stop_reason: 'end_turn',
  });
}
