// Where npm put a program that comes as one package for each kind of machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FetchedClient } from './client-cache.ts';

/** `-musl` for systems without glibc, `-baseline` for processors without AVX2. */
const VARIANTS = ['', '-baseline', '-musl', '-baseline-musl'];

/** The first variant that runs here. @param path inside `node_modules`, for a system such as `linux-x64` */
export function nativeBinary(client: FetchedClient, path: (system: string) => string): string {
  const names = VARIANTS.map((variant) => path(`${process.platform}-${process.arch}${variant}`));
  const files = names.map((name) => join(client.folder, 'node_modules', name));
  const found = files.find(
    (file) => existsSync(file) && spawnSync(file, ['--version']).status === 0,
  );
  if (found === undefined) throw new Error(`none of these runs here: ${names.join(', ')}`);
  return found;
}
