// A module of a fetched client, in the few words a test uses of it.
import { join } from 'node:path';
import type { FetchedClient } from './client-cache.ts';

/** @typeParam T what the test knows of the module; the package is no dependency, so nothing checks it but the test's own run. */
export async function fetchedModule<T>(client: FetchedClient, name: string): Promise<T> {
  const path = Bun.resolveSync(name, join(client.folder, 'node_modules'));
  const module: T = await import(path);
  return module;
}
