// `node bin/bun.mjs …` is Bun itself, for scripts and tests.
import { runBun } from './run-bun.mjs';

runBun(process.argv.slice(2));
