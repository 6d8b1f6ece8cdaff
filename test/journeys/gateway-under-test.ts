// A whole gateway on a real port with a data folder of its own, and simulated providers to stand behind it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { adminRoutes } from '../../src/admin/routes.ts';
import { loadCatalogData } from '../../src/catalog/load.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { ConfigFile } from '../../src/config/schema.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { openGateway } from '../../src/gateway/build.ts';
import { configChecks } from '../../src/gateway/config-checks.ts';
import { KNOWN_PROVIDERS } from '../../src/gateway/configure-providers.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { listen } from '../../src/http/listen.ts';
import { buildServer } from '../../src/http/server.ts';
import { logPlace } from '../../src/ledger/log-place.ts';
import { auditLedger } from './audit-ledger.ts';
import { logEnvironment } from './log-engines.ts';

export const ADMIN_KEY = 'sy-admin-key-of-the-test';

export interface GatewayUnderTest {
  /** `http://127.0.0.1:PORT`, without a version. */
  readonly url: string;
  readonly gateway: Gateway;
  readonly dataDir: string;
  /** What the gateway's own log said. */
  readonly logged: readonly string[];
  /** The official SDKs, pointed here. They never retry: what is asserted is what the gateway did. */
  openai(key?: string): OpenAI;
  anthropic(key?: string): Anthropic;
  post(
    path: string,
    body: unknown,
    headers?: { readonly [name: string]: string },
  ): Promise<Response>;
  /** All log rows, oldest first. */
  rows(): Promise<readonly LogRow[]>;
  stop(): Promise<void>;
}

export interface GatewayPlace {
  /** A folder of the test's own, which stays when the gateway stops: another can start from it. */
  readonly dataDir?: string;
  /** The clock by which what is kept expires. */
  readonly now?: () => number;
  /** The clock and the chance of what is remembered of providers' health. */
  readonly healthClock?: { now(): number; chance(): number };
  /** What is left on the data folder's volume, for alerts. */
  readonly disk?: () => Promise<{ freeBytes: number; totalBytes: number } | null>;
}

/** Starts a gateway with this configuration text (YAML) and these environment variables. Its log is where `onBothEngines` has it. */
export async function startGateway(
  yaml: string,
  given: { readonly [name: string]: string } = {},
  place: GatewayPlace = {},
): Promise<GatewayUnderTest> {
  const environment = { ...(await logEnvironment(place.dataDir)), ...given };
  const parsed = parseConfig(yaml, environment, KNOWN_PROVIDERS, configChecks);
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
  const dataDir = place.dataDir ?? mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  const logged: string[] = [];
  const recorded: Exchange[] = [];
  const opened = openGateway({
    dataDir,
    adminKey: ADMIN_KEY,
    ...(place.now === undefined ? {} : { now: place.now }),
    ...(place.healthClock === undefined ? {} : { healthClock: place.healthClock }),
    ...(place.disk === undefined ? {} : { disk: place.disk }),
    sources: {
      config: withoutCache(parsed.config),
      environment,
      catalog: loadCatalogData(dataDir),
      local: new Map(),
      sim: null,
    },
    log: (level, message, fields) =>
      logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
  });
  const gateway: Gateway = {
    ...opened,
    change: (changed) =>
      opened.change(
        changed.config === undefined
          ? changed
          : { ...changed, config: withoutCache(changed.config) },
      ),
    record(exchange) {
      recorded.push(exchange);
      opened.record(exchange);
    },
  };
  const listening = listen(buildServer(gateway, [adminRoutes(gateway)]), '127.0.0.1', 0);
  const { url } = listening;
  return {
    url,
    gateway,
    dataDir,
    logged,
    openai: (key = ADMIN_KEY) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }),
    anthropic: (key = ADMIN_KEY) => new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 }),
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          'content-type': 'application/json',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async rows() {
      await gateway.ledger.flush();
      const { logs } = await gateway.ledger.list({ limit: 1000 });
      return [...logs].reverse();
    },
    async stop() {
      await gateway.stop();
      await listening.close();
      await auditLedger(logPlace(environment.DATABASE_URL, dataDir), recorded);
      if (place.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What is asked twice is meant to be answered twice, but where a test is about the cache. */
function withoutCache(config: ConfigFile): ConfigFile {
  return { cache: { mode: 'off' }, ...config };
}

/** A simulated provider behind each wire, and the configuration that names them `alpha` (OpenAI's) and `beta` (Anthropic's). */
export function startTwoWires(): {
  readonly alpha: Sim;
  readonly beta: Sim;
  readonly yaml: string;
  stop(): Promise<void>;
} {
  const alpha = startSim({ seed: 1 });
  const beta = startSim({ seed: 2 });
  const yaml = `
# Each case stands alone: what one does to a provider is not held against it in the next.
health: { enabled: false }
providers:
  alpha: { dialect: openai-chat, base_url: "${alpha.url}", api_key: alpha-secret }
  beta: { dialect: anthropic-messages, base_url: "${beta.url}", api_key: beta-secret }
models:
  - { id: alpha/echo, context: 100000, price: { input: 1, output: 2, cache_read: 0.1 } }
  - { id: beta/echo, context: 200000, price: { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75, cache_write_1h: 6 } }
`;
  return {
    alpha,
    beta,
    yaml,
    async stop() {
      await alpha.stop();
      await beta.stop();
    },
  };
}
