// A gateway whose providers serve the endpoints beside chat, and a watch on all that a call causes.
import { expect } from 'bun:test';
import type OpenAI from 'openai';
import { type RecordedRequest, type Sim, startSim } from '../../../sim/start-sim.ts';
import type { ReplyMetadata } from '../../../src/core/exchange.ts';
import type { LogRow } from '../../../src/core/log-row.ts';
import { asObject, type JsonObject, parseJson } from '../../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway } from '../gateway-under-test.ts';

export type Name = 'one' | 'two' | 'claude';

export interface Caused<Result> {
  readonly result: Result;
  readonly requests: { readonly [N in Name]: readonly RecordedRequest[] };
  readonly rows: readonly LogRow[];
}

export interface Ground {
  readonly gateway: GatewayUnderTest;
  readonly openai: OpenAI;
  readonly sims: { readonly [N in Name]: Sim };
  watch<Result>(work: () => Promise<Result>): Promise<Caused<Result>>;
  stop(): Promise<void>;
}

/** `one` and `two` speak OpenAI's wire (`pool` is `one` with two keys), `claude` Anthropic's. */
export async function openGround(server = ''): Promise<Ground> {
  const sims = {
    one: startSim({ seed: 1 }),
    two: startSim({ seed: 2 }),
    claude: startSim({ seed: 3 }),
  };
  const gateway = await startGateway(`
${server}
# Each case stands alone: what one does to a provider is not held against it in the next.
health: { enabled: false }
providers:
  one: { base_url: "${sims.one.url}", api_key: one-secret }
  two: { base_url: "${sims.two.url}", api_key: two-secret }
  pool: { base_url: "${sims.one.url}", api_keys: ["sim-a+status=429+retry-after=3", "sim-b"] }
  claude: { dialect: anthropic-messages, base_url: "${sims.claude.url}", api_key: claude-secret }
models:
  - { id: one/echo, price: { input: 1, output: 2, audio_in: 3 } }
  - { id: one/by-picture, price: { image: 0.04 } }
  - { id: one/by-character, price: { characters: 15 } }
  - { id: one/by-minute, price: { audio_minute: 0.006 } }
  - { id: one/by-search, price: { search: 2 } }
  - { id: two/echo, price: { input: 10, output: 20 } }
  - { id: claude/echo, price: { input: 3, output: 15 } }
`);
  const all = ['one', 'two', 'claude'] as const;
  return {
    gateway,
    openai: gateway.openai(),
    sims,
    async watch(work) {
      for (const name of all) sims[name].clear();
      const before = (await gateway.rows()).length;
      const result = await work();
      const rows = (await gateway.rows()).slice(before);
      const { one, two, claude } = sims;
      const requests = {
        one: [...one.requests],
        two: [...two.requests],
        claude: [...claude.requests],
      };
      return { result, requests, rows };
    },
    async stop() {
      await gateway.stop();
      for (const name of all) await sims[name].stop();
    },
  };
}

/** The one request and the one row a call should cause: at `name`, on `path`, and nowhere else. */
export function only(
  caused: Caused<unknown>,
  name: Name,
  path: string,
): { readonly request: RecordedRequest; readonly body: JsonObject; readonly row: LogRow } {
  const got = (['one', 'two', 'claude'] as const).flatMap((sim) =>
    caused.requests[sim].map((request) => `${sim} ${request.path}`),
  );
  expect(got).toEqual([`${name} ${path}`]);
  expect(caused.rows.map(({ outcome, status }) => [outcome, status])).toEqual([['ok', 200]]);
  const [request] = caused.requests[name];
  const [row] = caused.rows;
  if (!request || !row) throw new Error('counted above');
  return { request, body: asObject(parseJson(request.body)) ?? {}, row };
}

/** What a reply says of itself, which has to be what its row says. */
export function metadataOf(reply: unknown, row: LogRow): ReplyMetadata {
  const metadata = asObject(asObject(reply)?.metadata) as unknown as ReplyMetadata | undefined;
  if (metadata === undefined) throw new Error('no metadata where it should be');
  expect({
    generation_id: metadata.generation_id,
    actual_model: metadata.actual_model,
    provider: metadata.provider,
    cost_usd: metadata.cost_usd,
    losses: [...metadata.losses],
  }).toEqual({
    generation_id: row.id,
    actual_model: row.model,
    provider: row.provider,
    cost_usd: row.cost_usd,
    losses: [...row.losses],
  });
  return metadata;
}

/** The kinds of usage a row knows. */
export function known(row: LogRow | undefined): { readonly [kind: string]: number } {
  const kinds = Object.entries(row?.usage ?? {});
  return Object.fromEntries(kinds.filter((kind): kind is [string, number] => kind[1] !== null));
}

/** Everything the gateway adds to a request, which no provider may see. */
export const OURS = {
  models: [],
  ignore: ['nobody'],
  provider: { allow_fallbacks: true },
  fallback: { total_timeout: '30s' },
  metadata: { tier: 'gold', seats: 3 },
};
