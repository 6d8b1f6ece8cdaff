// What the caches do and cost: `npm run bench:cache`, with `-- --quick` in short.

import { benchCoalesced } from './cache/coalesced.ts';
import { benchExact } from './cache/exact.ts';
import { benchKey } from './cache/key.ts';
import { lookup } from './cache/lookup.ts';
import { MOST_FALSE, quality } from './cache/quality.ts';
import { interval } from './cache/quality-figures.ts';
import { benchStores } from './cache/store.ts';

const quick = process.argv.includes('--quick');
const print = (line: string) => process.stdout.write(`${line}\n`);

print('Semantic cache: right and wrong answers\n');
for (const { name, tally } of (await quality({ quick, print })) ?? []) {
  const share = tally.falseHits / tally.different;
  const [, high] = interval(tally.falseHits, tally.different);
  print(
    `${share <= MOST_FALSE ? 'ok' : '!!'} ${name}: wrong answers to ${(share * 100).toFixed(2)} % of what asks something else (≤ ${MOST_FALSE * 100} %; at 95 %, guards having been tuned on most of the own ones: below ${(high * 100).toFixed(2)} %)`,
  );
}
print('\nSemantic cache: looking up\n');
await lookup((what, value) => print(`${what.padEnd(60)}${value}`));
print('\nExact cache: what its key costs every request\n');
benchKey({ quick, print });
print('\nExact cache: what keeping and finding an answer costs the serving thread\n');
await benchStores({ quick, print: (what, value) => print(`${what.padEnd(60)}${value}`) });
print('\nExact cache: a hit beside the same request asked for\n');
await benchExact({ quick, print });
print('\nOne call for all who ask together\n');
await benchCoalesced(print);
// The model's engine keeps threads of its own.
process.exit(0);
