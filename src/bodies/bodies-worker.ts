// The thread that keeps bodies: redacts, compresses, seals and writes them, and reads them again. Nothing waits for it.
import { statfsSync } from 'node:fs';
import { toGatewayError } from '../core/errors.ts';
import type { SealingKey } from '../lib/seal.ts';
import type { BodiesPlace, BodyStore, StoredBodies } from './body-store.ts';
import { bodiesOf, type KeepMessage } from './keep-message.ts';
import type { RawBodies } from './kept-bodies.ts';
import { type PackRules, packBodies, unpackBodies } from './pack-bodies.ts';
import { type DropPath, dropPath } from './redaction/redact-json.ts';
import { compileRedaction } from './redaction/redaction.ts';
import { SqliteBodies } from './sqlite-bodies.ts';

declare const self: Worker;

export interface WorkerRules {
  readonly redact: readonly string[];
  readonly drop: readonly string[];
  readonly secrets: readonly string[];
  readonly maxBytes: number;
}

export type BodiesQuestion =
  | { readonly kind: 'read'; readonly id: string }
  | { readonly kind: 'remove'; readonly id: string }
  | { readonly kind: 'remove-user'; readonly user: string }
  | { readonly kind: 'prune'; readonly before: number }
  | { readonly kind: 'flush' };

export type ToBodies =
  | {
      readonly kind: 'open';
      readonly place: BodiesPlace;
      /** The first seals; null: nothing is sealed. */
      readonly seals: SealingKey | null;
      readonly opens: readonly SealingKey[];
    }
  | ({ readonly kind: 'rules' } & WorkerRules)
  | KeepMessage
  | { readonly kind: 'ask'; readonly number: number; readonly question: BodiesQuestion }
  | { readonly kind: 'close' };

export type ShedReason = 'database' | 'disk' | 'unfit';

export type FromBodies =
  /** In the order in which they came. */
  | { readonly kind: 'kept'; readonly ids: readonly string[] }
  | {
      readonly kind: 'shed';
      readonly ids: readonly string[];
      readonly reason: ShedReason;
      readonly message: string;
    }
  | { readonly kind: 'answer'; readonly number: number; readonly json: string }
  | { readonly kind: 'failed'; readonly number: number; readonly message: string }
  | { readonly kind: 'closed' };

/** Written together. */
const MAX_BATCH = 32;
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/** A disk with less room is left to the log's rows. */
const MIN_FREE_BYTES = 256 * 1024 * 1024;

let place: BodiesPlace = { engine: 'sqlite', dataDir: '.' };
let store: BodyStore | null = null;
let opens: readonly SealingKey[] = [];
let rules: PackRules = {
  redaction: compileRedaction([]),
  drops: [],
  maxBytes: 0,
  key: null,
};
const waiting: StoredBodies[] = [];
/** Everything one after the other: what is asked comes after what came before it. */
let turn: Promise<void> = Promise.resolve();

self.onmessage = ({ data: message }: MessageEvent<ToBodies>) => {
  switch (message.kind) {
    case 'open':
      place = message.place;
      opens = message.opens;
      rules = { ...rules, key: message.seals };
      break;
    case 'rules':
      rules = {
        ...rules,
        redaction: compileRedaction(message.redact, message.secrets),
        drops: message.drop.map(dropPath).filter((path): path is DropPath => path !== null),
        maxBytes: message.maxBytes,
      };
      break;
    case 'keep':
      pack(bodiesOf(message));
      next(write);
      break;
    case 'ask':
      next(() => answer(message.number, message.question));
      break;
    case 'close':
      next(async () => {
        await store?.close().catch(() => undefined);
        reply({ kind: 'closed' });
      });
      break;
    default:
      message satisfies never;
  }
};

function next(work: () => Promise<void>): void {
  turn = turn.then(work);
}

function reply(message: FromBodies): void {
  self.postMessage(message);
}

/** Only one of the two drivers is loaded. */
async function opened(): Promise<BodyStore> {
  if (place.engine === 'sqlite') store ??= new SqliteBodies(place.dataDir);
  else {
    const { PostgresBodies } = await import('./postgres-bodies.ts');
    store ??= new PostgresBodies(place.url);
  }
  return store;
}

function pack(bodies: RawBodies): void {
  try {
    const { id, user } = bodies;
    waiting.push({ id, user, ...packBodies(bodies, rules) });
  } catch {
    // Nested deeper than can be walked: what it says of itself could hold a piece of it.
    const message = 'a body could not be redacted';
    reply({ kind: 'shed', ids: [bodies.id], reason: 'unfit', message });
  }
}

/** All that wait, a batch at a time. Never rejects. */
async function write(): Promise<void> {
  while (waiting.length > 0) {
    const batch = nextBatch();
    const ids = batch.map(({ id }) => id);
    const full = diskProblem();
    if (full !== null) {
      reply({ kind: 'shed', ids, reason: 'disk', message: full });
      continue;
    }
    try {
      await (await opened()).put(batch);
      reply({ kind: 'kept', ids });
    } catch (thrown) {
      const { message } = toGatewayError(thrown);
      reply({ kind: 'shed', ids, reason: 'database', message });
    }
  }
}

function nextBatch(): readonly StoredBodies[] {
  let bytes = 0;
  let count = 0;
  while (count < waiting.length && count < MAX_BATCH && bytes < MAX_BATCH_BYTES) {
    bytes += waiting[count]?.data.byteLength ?? 0;
    count += 1;
  }
  return waiting.splice(0, count);
}

function diskProblem(): string | null {
  if (place.engine !== 'sqlite') return null;
  try {
    const { bavail, bsize } = statfsSync(place.dataDir);
    const free = bavail * bsize;
    return free >= MIN_FREE_BYTES
      ? null
      : `the disk of ${place.dataDir} has ${Math.round(free / 1024 ** 2)} MB left, which are for the log’s rows`;
  } catch {
    // Where the system cannot tell, the write will.
    return null;
  }
}

async function answer(number: number, question: BodiesQuestion): Promise<void> {
  try {
    const value = await answerTo(question);
    reply({ kind: 'answer', number, json: JSON.stringify(value) });
  } catch (thrown) {
    reply({ kind: 'failed', number, message: toGatewayError(thrown).message });
  }
}

async function answerTo(question: BodiesQuestion): Promise<unknown> {
  switch (question.kind) {
    case 'read': {
      const packed = await (await opened()).get(question.id);
      return packed === null ? null : unpackBodies(question.id, packed, opens);
    }
    case 'remove':
      return await (await opened()).remove(question.id);
    case 'remove-user':
      return await (await opened()).removeUser(question.user);
    case 'prune':
      await (await opened()).prune(question.before);
      return null;
    case 'flush':
      return null;
    default:
      return question satisfies never;
  }
}
