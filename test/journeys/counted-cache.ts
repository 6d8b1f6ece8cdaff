// A gateway with a cache before simulated providers of every wire, and how often those are asked.
import { type Sim, startSim } from '../../sim/start-sim.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const PATHS = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
} as const;
export type Wire = keyof typeof PATHS;
export const WIRES = Object.keys(PATHS) as Wire[];
const MODELS: { readonly [W in Wire]: string } = {
  chat: 'alpha/echo',
  messages: 'beta/echo',
  responses: 'gamma/echo',
};

let questions = 0;
/** Another each time. */
export const question = () => `Question ${++questions} of keys?`;

export const bodyOf = (wire: Wire, text: string, more: JsonObject = {}): JsonObject => ({
  model: MODELS[wire],
  ...(wire === 'messages' ? { max_tokens: 100 } : {}),
  ...(wire === 'responses' ? { input: text } : { messages: [{ role: 'user', content: text }] }),
  ...more,
});

export const by = (key: string) => ({ authorization: `Bearer ${key}` });

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
  /** How often providers were asked for it. */
  readonly asked: number;
}

type Headers_ = { readonly [name: string]: string };

/** Several gateways may stand before the same providers. */
export class CountedCache {
  readonly alpha: Sim = startSim({ seed: 1 });
  readonly beta: Sim = startSim({ seed: 2 });
  readonly #gateways: GatewayUnderTest[] = [];
  /** The clock of what is kept. */
  now = Date.parse('2026-01-01T00:00:00Z');

  async gateway(cache: string): Promise<GatewayUnderTest> {
    const gateway = await startGateway(this.#config(cache), {}, { now: () => this.now });
    this.#gateways.push(gateway);
    return gateway;
  }

  async stop(): Promise<void> {
    for (const gateway of this.#gateways) await gateway.stop();
    await this.alpha.stop();
    await this.beta.stop();
  }

  /** @param body JSON, or what is to be written as such */
  async ask(
    at: GatewayUnderTest,
    wire: Wire,
    body: JsonObject | string,
    headers: Headers_ = {},
  ): Promise<Answer> {
    const before = this.#received();
    const response = await at.post(PATHS[wire], body, headers);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? (JSON.parse(text) as JsonObject) : { text },
      asked: this.#received() - before,
    };
  }

  /** Each asked in turn: how often that asked a provider. */
  async counts(
    at: GatewayUnderTest,
    wire: Wire,
    asks: readonly (readonly [body: JsonObject | string, headers?: Headers_])[],
  ): Promise<readonly number[]> {
    const seen: number[] = [];
    for (const [body, headers] of asks) seen.push((await this.ask(at, wire, body, headers)).asked);
    return seen;
  }

  async newKey(
    at: GatewayUnderTest,
    fields: JsonObject = {},
  ): Promise<{ readonly id: string; readonly key: string }> {
    const response = await at.post('/router/v1/keys', { name: 'k', ...fields });
    if (response.status !== 201) throw new Error(await response.text());
    return (await response.json()) as { id: string; key: string };
  }

  #received(): number {
    return this.alpha.received + this.beta.received;
  }

  #config(cache: string): string {
    const { alpha, beta } = this;
    return `
health: { enabled: false }
cache: ${cache}
providers:
  alpha: { dialect: openai-chat, base_url: "${alpha.url}", api_key: alpha-secret }
  beta: { dialect: anthropic-messages, base_url: "${beta.url}", api_key: beta-secret }
  gamma: { dialect: openai-responses, base_url: "${alpha.url}", api_key: gamma-secret }
  groq: { base_url: "${alpha.url}", api_key: groq-secret }
  together: { base_url: "${beta.url}", api_key: together-secret }
routers:
  - name: quiet
    defaults: { cache: { mode: "off" } }
    defaultRoute: { variants: [{ weight: 100, variant: { model_id: alpha/echo } }] }
  - name: long
    defaults: { cache: { ttl: 1h, namespace: routed } }
    defaultRoute: { variants: [{ weight: 100, variant: { model_id: alpha/echo } }] }
  - name: warm
    defaults: { text_generation_config: { temperature: 0.5 } }
    defaultRoute: { variants: [{ weight: 100, variant: { model_id: alpha/echo } }] }
`;
  }
}
