// What `auto` costs: `node bin/bun.mjs bench/auto.ts` prints microseconds a choice, over 300 models and over five.
import { type AutoFacts, chooseAuto, sortCandidates } from '../src/routing/auto.ts';
import { autoFactsOf, NO_NEEDS } from '../src/routing/auto-samples.ts';
import { Health } from '../src/upstream/health/health.ts';
import { healthSettings } from '../src/upstream/health/settings.ts';

const MODELS = 300;
const ROUNDS = 3000;

const settings = healthSettings({});
const health = new Health({
  now: () => performance.now(),
  chance: Math.random,
  settings: () => settings,
});
const live = { health, speed: health };
const facts = poolOf(MODELS);
const five = poolOf(5).pool.entries.map(({ candidate }) => candidate);

for (const metric of ['price', 'latency', 'intelligence', null]) {
  const sort = metric === null ? [] : [{ metric, direction: null }];
  const asked = { allows: () => true, sort, needs: { ...NO_NEEDS, tools: true } };
  print(`auto of ${MODELS}, by ${metric ?? 'what is usual'}`, () =>
    chooseAuto(asked, facts, live, []),
  );
  print(`five, by ${metric ?? 'what is usual'}`, () =>
    sortCandidates(five, sort, asked.needs, facts, live, []),
  );
}

/** Models of every price and score, each asked lately. */
function poolOf(count: number): AutoFacts {
  const samples = Object.fromEntries(
    Array.from({ length: count }, (_, place) => [
      `p${place % 7}/m${place}`,
      {
        price: ((place * 37) % 101) / 10,
        intelligence: (place * 17) % 60,
        ttftMs: 200 + ((place * 29) % 997),
        tokensPerS: 20 + ((place * 31) % 199),
      },
    ]),
  );
  for (const id of Object.keys(samples)) {
    const [provider = '', model = ''] = id.split('/');
    for (let sample = 0; sample < 64; sample++) {
      const call = health.began({ provider, model, key: null, region: null });
      call.firstContent(100 + sample, 1000);
      call.ended({
        error: null,
        promptTokens: 1000,
        outputTokens: 300,
        streamMs: 2000,
        counts: true,
      });
    }
  }
  return autoFactsOf(samples);
}

function print(name: string, work: () => void): void {
  for (let round = 0; round < ROUNDS; round++) work();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    work();
    times.push((performance.now() - started) * 1000);
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => (times[Math.floor(part * times.length)] ?? 0).toFixed(1);
  console.log(`${name}: ${at(0.5)} µs (p95 ${at(0.95)}, p99 ${at(0.99)})`);
}
