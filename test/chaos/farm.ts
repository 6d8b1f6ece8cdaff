// The farm: a gateway, and three simulated providers that speak six wires each: one that fails, one that rescues, one between.
import { type RecordedRequest, type Sim, startSim } from '../../sim/start-sim.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from '../journeys/gateway-under-test.ts';
import { FAULTS, type Fault, type WireId } from './faults.ts';
import { QUESTIONS } from './question.ts';

export const WIRES: readonly WireId[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere',
];

type Role = 'failing' | 'between' | 'rescuer';

/** One provider's part in a case. */
export interface Seen {
  readonly role: Role;
  readonly request: RecordedRequest;
}

export interface Farm {
  readonly gateway: GatewayUnderTest;
  readonly key: string;
  /** From now on: the requests whose prompt holds this text, oldest first. */
  watch(tag: string): () => readonly Seen[];
  stop(): Promise<void>;
}

/** `provider/model` of a fault's part at a wire. */
export function modelsOf(fault: Fault, failing: WireId, rescuer: WireId): readonly string[] {
  const { words } = QUESTIONS[fault.question ?? 'text'];
  const asked = (role: string, wire: WireId, more: string) =>
    `${role}-${wire}/echo+${words}${more === '' ? '' : `+${more}`}`;
  return [
    fault.words === null ? asked('deaf', failing, '') : asked('failing', failing, fault.words),
    ...(fault.between ?? []).map((more) => asked('between', rescuer, more)),
    asked('rescuer', rescuer, fault.rescuer ?? ''),
  ];
}

export async function openFarm(): Promise<Farm> {
  const roles: readonly Role[] = ['failing', 'between', 'rescuer'];
  const sims = new Map<Role, Sim>(
    roles.map((role, seed) => [role, startSim({ seed, keep: 1_000_000 })]),
  );
  const urls = new Map<string, string>([...sims].map(([role, sim]) => [role, sim.url]));
  urls.set('deaf', sims.get('failing')?.refusingUrl() ?? '');
  const gateway = await startGateway(yamlFor(urls));
  return {
    gateway,
    key: ADMIN_KEY,
    watch(tag) {
      const from = new Map([...sims].map(([role, sim]) => [role, sim.requests.length]));
      return () =>
        [...sims]
          .flatMap(([role, sim]) =>
            sim.requests
              .slice(from.get(role))
              .filter((request) => request.body.includes(tag))
              .map((request) => ({ role, request })),
          )
          .sort((a, b) => a.request.at - b.request.at);
    },
    async stop() {
      await gateway.stop();
      for (const sim of sims.values()) await sim.stop();
    },
  };
}

/** Health is off: who fails in every other call would soon be asked last. All models have prices, so that sums can be checked. */
function yamlFor(urls: ReadonlyMap<string, string>): string {
  const providers = [...urls].flatMap(([role, url]) =>
    WIRES.map((wire) => `  ${role}-${wire}: { dialect: ${wire}, base_url: "${url}", api_key: k }`),
  );
  const models = new Set(
    FAULTS.flatMap((fault) => WIRES.flatMap((wire) => modelsOf(fault, wire, wire))),
  );
  const priced = [...models].map(
    (id, at) =>
      `  - { id: "${id}", context: 100000, price: { input: ${1 + (at % 5)}, output: ${2 + (at % 7)}, cache_read: 0.1, cache_write: 1 } }`,
  );
  return ['health: { enabled: false }', 'providers:', ...providers, 'models:', ...priced].join(
    '\n',
  );
}
