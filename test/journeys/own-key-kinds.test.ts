// Own keys that are more than a text: an AWS pair signs in its own region, a service account fetches tokens of its own project.
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import type { Server } from 'bun';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const MASTER = Buffer.alloc(32, 9).toString('base64');
const HEADER = 'x-switchyard-provider-key';
const TOKEN = 'ya29.token-of-the-callers-account';
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let sim: Sim;
let tokens: Server<undefined>;
let gateway: GatewayUnderTest;
let fetched = 0;

beforeAll(async () => {
  sim = startSim({ seed: 51 });
  tokens = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch() {
      fetched += 1;
      return Response.json({ access_token: TOKEN, expires_in: 3600 });
    },
  });
  gateway = await startGateway(
    `
providers:
  bedrock: { base_url: "${sim.url}", api_key: operator-bedrock-key, region: us-east-1 }
  google-vertex: { base_url: "${sim.url}", api_key: operator-vertex-key }
`,
    { SWITCHYARD_MASTER_KEY: MASTER },
  );
});
afterAll(async () => {
  await gateway.stop();
  await tokens.stop(true);
  await sim.stop();
});
beforeEach(() => sim.clear());

async function operator(path: string, body: JsonObject): Promise<JsonObject> {
  const response = await fetch(`${gateway.url}/router/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(201);
  return asObject(await response.json()) ?? {};
}

async function ask(model: string, headers: { readonly [name: string]: string }): Promise<number> {
  const body = { model, messages: [{ role: 'user', content: 'Hello' }] };
  return (await gateway.post('/v1/chat/completions', body, headers)).status;
}

const PAIR = {
  access_key_id: 'AKIACALLERSOWN',
  secret_access_key: 'the/callers+own=secret',
  region: 'eu-west-1',
};

test('an AWS pair signs for its own region, stored or brought', async () => {
  const caller = await operator('keys', { name: 'caller' });
  await operator('provider-keys', { key_id: caller.id ?? null, provider: 'bedrock', secret: PAIR });
  const other = await operator('keys', { name: 'other' });
  const brought = encodeURIComponent(JSON.stringify({ ...PAIR, region: 'ap-south-1' }));
  const statuses = [
    await ask('bedrock/amazon.nova-lite-v1:0', { authorization: `Bearer ${caller.key}` }),
    await ask('bedrock/amazon.nova-lite-v1:0', {
      authorization: `Bearer ${other.key}`,
      [HEADER]: `bedrock=${brought}`,
    }),
    await ask('bedrock/amazon.nova-lite-v1:0', { authorization: `Bearer ${other.key}` }),
  ];
  expect(statuses).toEqual([200, 200, 200]);
  const proofs = sim.requests.map(({ headers }) => headers.authorization ?? '');
  expect(proofs[0]).toMatch(/Credential=AKIACALLERSOWN\/\d+\/eu-west-1\/bedrock\/aws4_request/);
  expect(proofs[1]).toMatch(/Credential=AKIACALLERSOWN\/\d+\/ap-south-1\/bedrock\/aws4_request/);
  expect(proofs[2]).toBe('Bearer operator-bedrock-key');
  expect(proofs.join()).not.toContain(PAIR.secret_access_key);
});

test('a service account’s token is fetched once, and whoever brings one names no other place for it', async () => {
  const account = {
    type: 'service_account',
    client_email: 'callers@own.example',
    private_key: privateKey,
    project_id: 'callers-project',
    token_uri: `http://127.0.0.1:${tokens.port}/token`,
  };
  const caller = await operator('keys', { name: 'caller' });
  const key = { key_id: caller.id ?? null, provider: 'google-vertex', secret: account };
  await operator('provider-keys', key);
  const authorization = `Bearer ${caller.key}`;
  for (let call = 0; call < 3; call++)
    expect(await ask('google-vertex/gemini-2.5-flash', { authorization })).toBe(200);
  expect(sim.requests.map(({ headers }) => headers.authorization)).toEqual(
    Array(3).fill(`Bearer ${TOKEN}`),
  );
  expect(fetched).toBe(1);
  const brought = encodeURIComponent(JSON.stringify(account));
  const headers = { [HEADER]: `google-vertex=${brought}` };
  expect([await ask('google-vertex/gemini-2.5-flash', headers), fetched]).toEqual([400, 1]);
});
