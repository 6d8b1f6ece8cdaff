// A cached reply shows the official SDKs what the live one did, whoever asked and on whatever wire it was answered: but for its
// id, which is one of its own wherever it stands, and what the gateway says of it.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { type Asked, ask, bare, CALLERS, said } from './cached-callers.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

let sim: Sim;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  sim = startSim({ seed: 11 });
  gateway = await startGateway(`
health: { enabled: false }
cache: { mode: exact, ttl: 1h }
providers:
  chat: { dialect: openai-chat, base_url: "${sim.url}", api_key: a-key }
  responses: { dialect: openai-responses, base_url: "${sim.url}", api_key: a-key }
  messages: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: a-key }
  google: { base_url: "${sim.url.replace('/v1', '/v1beta')}", api_key: a-key }
  bedrock: { base_url: "${sim.url}", api_key: a-key }
  cohere: { base_url: "${sim.url}", api_key: a-key }
`);
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});

/** Names of providers that are the wires they speak, but for three with their makers' names. */
const WIRES = ['chat', 'responses', 'messages', 'google', 'bedrock', 'cohere'] as const;
const BEDROCK = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

interface Scene {
  readonly name: string;
  readonly words: string;
  readonly tools?: readonly string[];
}

const SCENES: readonly Scene[] = [
  { name: 'text', words: 'tokens=12' },
  { name: 'parallel calls', words: 'tools=2+preface', tools: ['get_weather', 'get_time'] },
  { name: 'thoughts, one redacted', words: 'reasoning=12+redacted' },
  { name: 'thoughts before calls', words: 'reasoning=8+tools=1', tools: ['get_weather'] },
  { name: 'prompt-cache reads', words: 'tokens=3+cache-read=64' },
];

const modelOf = (wire: string, words: string) =>
  wire === 'bedrock' ? `bedrock/${BEDROCK}+${words}` : `${wire}/echo+${words}`;

let questions = 0;

for (const caller of CALLERS)
  for (const wire of WIRES)
    describe(`${caller} on ${wire}`, () => {
      for (const scene of SCENES)
        for (const keptAs of ['whole', 'streamed'] as const)
          test(`${scene.name}, kept as it was ${keptAs}`, async () => {
            questions += 1;
            const asked: Omit<Asked, 'stream'> = {
              model: modelOf(wire, scene.words),
              text: `Question ${questions}.`,
              ...(scene.tools === undefined ? {} : { tools: scene.tools }),
            };
            const stream = keptAs === 'streamed';
            const before = sim.received;
            const live = await ask(gateway, caller, { ...asked, stream });
            expect(live.metadata.cache_hit).toBe(false);
            const again = [];
            for (let time = 0; time < 2; time++)
              again.push(await ask(gateway, caller, { ...asked, stream }));
            for (const cached of again) {
              expect(cached.metadata).toMatchObject({
                cache_hit: 'exact',
                cost_usd: 0,
                attempts: [],
                actual_model: live.metadata.actual_model as string,
                provider: live.metadata.provider as string,
                losses: live.metadata.losses as string[],
              });
              expect(bare(cached, 'undated')).toEqual(bare(live, 'undated'));
              // Everything that repeats the id repeats this one.
              expect(cached.id).toEndWith(cached.generationId);
              expect(JSON.stringify([cached.pieces, cached.reply])).not.toContain(live.id);
            }
            expect(new Set([live.id, ...again.map(({ id }) => id)]).size).toBe(3);
            const [one, two] = again;
            if (one && two) expect(bare(two, 'dated')).toEqual(bare(one, 'dated'));
            // The same answer in the other form: nobody is asked for that either.
            const first = await ask(gateway, caller, { ...asked, stream: !stream });
            const second = await ask(gateway, caller, { ...asked, stream: !stream });
            expect(sim.received - before).toBe(1);
            expect(first.metadata.cache_hit).toBe('exact');
            expect(said(caller, first)).toEqual(said(caller, live));
            expect(bare(second, 'dated')).toEqual(bare(first, 'dated'));
            expect(second.id).not.toBe(first.id);
          });
    });
