#!/usr/bin/env node
// The program: `switchyard <command>`. Needs only Node; Bun comes from node_modules.
import { fileURLToPath } from 'node:url';
import { runBun } from './run-bun.mjs';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
runBun([main, ...process.argv.slice(2)]);
