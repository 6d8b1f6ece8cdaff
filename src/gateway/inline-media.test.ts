// Media that is fetched on a request's behalf: once, whoever asks, and again where whoever asked first was given up.
import { afterAll, beforeEach, expect, test } from 'bun:test';
import { BlockList } from 'node:net';
import { RICH_CALL } from '../../test/contracts/example-call.ts';
import { targetOf } from '../../test/contracts/example-reply.ts';
import type { ChatCall } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import { UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { Abort } from '../lib/abort.ts';
import { type MediaFetches, withMediaInline } from './inline-media.ts';

let asked = 0;
let silent = false;
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch() {
    asked += 1;
    if (silent) return new Promise<Response>(() => undefined);
    return new Response('png', { headers: { 'content-type': 'image/png' } });
  },
});
afterAll(() => void server.stop(true));
beforeEach(() => {
  asked = 0;
  silent = false;
});

const url = `http://127.0.0.1:${server.port}/a.png`;
const call: ChatCall = {
  ...RICH_CALL,
  messages: [
    {
      role: 'user',
      path: 'messages[0]',
      parts: [{ type: 'image', source: { kind: 'url', url, mediaType: null } }],
    },
  ],
};
const allowedNetworks = new BlockList();
allowedNetworks.addSubnet('127.0.0.0', 8);
const limits = {
  fetch: true,
  maxBytes: 1000,
  timeoutMs: 5000,
  allowedHosts: new Set<string>(),
  allowedNetworks,
};

function inlined(fetches: MediaFetches, abort = new Abort<GatewayError>()) {
  const target = targetOf('m');
  const dialect = UPSTREAM_DIALECTS['bedrock-converse'];
  return withMediaInline(call, dialect, target, { limits, fetches, abort });
}

test('a picture is fetched once, whoever asks', async () => {
  const fetches: MediaFetches = new Map();
  const [first] = await Promise.all([inlined(fetches), inlined(fetches)]);
  expect(await inlined(fetches)).toEqual(first);
  expect(asked).toBe(1);
});

test('one given up with the loser of a race is fetched anew', async () => {
  const fetches: MediaFetches = new Map();
  const abort = new Abort<GatewayError>();
  silent = true;
  const losing = inlined(fetches, abort).catch((thrown: unknown) => thrown);
  abort.trigger(new GatewayError('race_lost', 'Another candidate began to answer first.'));
  expect(await losing).toMatchObject({ code: 'race_lost' });
  silent = false;
  const { messages } = await inlined(fetches);
  expect(messages[0]?.parts[0]).toMatchObject({ source: { kind: 'base64' } });
});
