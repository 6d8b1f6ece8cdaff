// One request to one provider: what comes before it is under the same deadlines as the request itself.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Server } from 'bun';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { GatewayError } from '../core/errors.ts';
import { send } from './send.ts';

let server: Server<undefined>;
let asked: string[] = [];

beforeAll(() => {
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      asked.push(new URL(request.url).pathname);
      return new Promise<Response>(() => undefined);
    },
  });
});
afterAll(() => server.stop(true));

test('a credential that does not come holds nobody beyond their time', async () => {
  asked = [];
  const tokenUrl = `http://127.0.0.1:${server.port}/token`;
  const candidate = exampleCandidate({
    dialect: 'gemini',
    baseUrl: `http://127.0.0.1:${server.port}`,
    auth: { kind: 'google-oauth' },
  });
  const controller = new AbortController();
  const late = new GatewayError('upstream_first_token_timeout', 'It took too long.');
  const outcome = send({
    candidate,
    key: { label: 'k', secret: '', google: { kind: 'machine', tokenUrl } },
    path: '/models',
    body: '{}',
    stream: false,
    forwarded: null,
    signal: controller.signal,
  }).catch((thrown: unknown) => thrown);
  while (asked.length === 0) await Bun.sleep(1);
  controller.abort(late);
  expect(await Promise.race([outcome, Bun.sleep(2000).then(() => 'still waiting')])).toBe(late);
  expect(asked).toEqual(['/token']);
});
