// ConsumerPosition: how far somebody is that reads the spool beside the ingest worker. The file says that it is registered, too.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, SPOOL_START, type SpoolPosition } from './spool-folder.ts';

const ENDING = '.position';

export class ConsumerPosition {
  readonly #path: string;

  /** @param consumer its name: lower-case letters and dashes. */
  constructor(folder: string, consumer: string) {
    this.#path = join(folder, consumer + ENDING);
  }

  /** Where it goes on; the beginning where it has never been. */
  read(): SpoolPosition {
    return parsed(this.#path) ?? SPOOL_START;
  }

  /** From here on segments stay until it has passed them. Throws the system's errors. */
  write({ segment, offset }: SpoolPosition): void {
    const draft = `${this.#path}.new`;
    writeFileSync(draft, `${segment} ${offset}\n`, { mode: 0o600 });
    renameSync(draft, this.#path);
  }

  /** Nothing is kept for it any longer. */
  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

export interface RegisteredConsumer {
  readonly name: string;
  readonly position: SpoolPosition;
}

/** All that are registered in this spool. */
export function consumerPositions(folder: string): RegisteredConsumer[] {
  return namesIn(folder)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => ({
      name: name.slice(0, -ENDING.length),
      position: parsed(join(folder, name)) ?? SPOOL_START,
    }));
}

function parsed(path: string): SpoolPosition | null {
  try {
    const [segment, offset] = readFileSync(path, 'utf8').trim().split(' ').map(Number);
    if (segment === undefined || offset === undefined) return null;
    return segment >= 1 && offset >= 0 ? { segment, offset } : null;
  } catch {
    return null;
  }
}
