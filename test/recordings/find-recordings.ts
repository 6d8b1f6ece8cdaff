// Where recorded provider traffic lies, beside the repository; absent on most machines.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../src/lib/json.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/recordings', import.meta.url));

/** The folder, or null where there is none. */
export function recordingsFolder(): string | null {
  return existsSync(join(FOLDER, 'README.md')) ? FOLDER : null;
}

/** Names and texts of the files under a folder of recordings whose name ends so, in order. */
export function filesUnder(folder: string, suffix: string): { name: string; text: string }[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

export interface Interaction {
  readonly id: string;
  readonly request: { readonly url: string; readonly headers: JsonObject; readonly body?: string };
  readonly response: {
    readonly status: number;
    readonly headers: JsonObject;
    readonly body?: string;
  };
}

/** The lines of a `.jsonl` of HTTP interactions. */
export function interactions(file: string): Interaction[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Interaction);
}
