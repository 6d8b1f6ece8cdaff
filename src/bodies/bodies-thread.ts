// The main thread's side of the thread that keeps bodies: started with the first, and again after it ended unexpectedly.
import { GatewayError } from '../core/errors.ts';
import type { SealingKey } from '../lib/seal.ts';
import type {
  BodiesQuestion,
  FromBodies,
  ShedReason,
  ToBodies,
  WorkerRules,
} from './bodies-worker.ts';
import type { BodiesPlace } from './body-store.ts';
import { keepMessage } from './keep-message.ts';
import type { RawBodies } from './kept-bodies.ts';

const ANSWER_WITHIN_MS = 15_000;
const CLOSE_WITHIN_MS = 2000;

export interface BodiesThreadOptions {
  readonly place: BodiesPlace;
  readonly seals: SealingKey | null;
  readonly opens: readonly SealingKey[];
  readonly rules: () => WorkerRules;
  /** Beside those of the rules. */
  readonly secrets: readonly string[];
  readonly kept: (ids: readonly string[]) => void;
  readonly shed: (ids: readonly string[], reason: ShedReason | 'crash', message: string) => void;
}

interface Waiting {
  resolve(json: string): void;
  reject(error: GatewayError): void;
}

export class BodiesThread {
  readonly #options: BodiesThreadOptions;
  #worker: Worker | null = null;
  #rules: WorkerRules | null = null;
  readonly #underWay = new Set<string>();
  readonly #waiting = new Map<number, Waiting>();
  #nextNumber = 1;
  #onClosed: (() => void) | null = null;

  constructor(options: BodiesThreadOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  keep(bodies: RawBodies): void {
    this.#underWay.add(bodies.id);
    const rules = this.#options.rules();
    const worker = this.#started();
    if (rules !== this.#rules) {
      this.#rules = rules;
      const { redact, drop, maxBytes } = rules;
      const secrets = [...rules.secrets, ...this.#options.secrets];
      post(worker, { kind: 'rules', redact, drop, secrets, maxBytes });
    }
    post(worker, keepMessage(bodies));
  }

  /** After all that was to be kept before. Rejects with `storage_unavailable`. */
  async ask(question: BodiesQuestion): Promise<unknown> {
    const worker = this.#started();
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.set(number, { resolve, reject });
    const timer = setTimeout(() => {
      this.#waiting.delete(number);
      reject(
        new GatewayError(
          'storage_unavailable',
          'The database of bodies takes too long to answer. Ask again later.',
        ),
      );
    }, ANSWER_WITHIN_MS);
    post(worker, { kind: 'ask', number, question });
    try {
      return JSON.parse(await promise);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is under way is written, if that does not take too long. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onClosed = resolve;
    const timer = setTimeout(resolve, CLOSE_WITHIN_MS);
    post(worker, { kind: 'close' });
    await promise;
    clearTimeout(timer);
    this.#end('The gateway is closed.');
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(new URL('./bodies-worker.ts', import.meta.url), { smol: true });
    this.#worker = worker;
    this.#rules = null;
    worker.addEventListener('message', (event: MessageEvent<FromBodies>) => {
      if (this.#worker === worker) this.#onMessage(event.data);
    });
    const onCrash = (): void => {
      if (this.#worker === worker) this.#end('The thread that keeps bodies ended unexpectedly.');
    };
    worker.addEventListener('close', onCrash);
    worker.addEventListener('error', onCrash);
    const { place, seals, opens } = this.#options;
    post(worker, { kind: 'open', place, seals, opens });
    return worker;
  }

  #onMessage(message: FromBodies): void {
    switch (message.kind) {
      case 'kept':
        this.#settle(message.ids);
        this.#options.kept(message.ids);
        break;
      case 'shed':
        this.#settle(message.ids);
        this.#options.shed(message.ids, message.reason, message.message);
        break;
      case 'answer':
        this.#answered(message.number)?.resolve(message.json);
        break;
      case 'failed':
        this.#answered(message.number)?.reject(
          new GatewayError('storage_unavailable', message.message),
        );
        break;
      case 'closed':
        this.#onClosed?.();
        break;
      default:
        message satisfies never;
    }
  }

  #settle(ids: readonly string[]): void {
    for (const id of ids) this.#underWay.delete(id);
  }

  #answered(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    return waiting;
  }

  #end(why: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    const lost = [...this.#underWay];
    this.#underWay.clear();
    if (lost.length > 0) this.#options.shed(lost, 'crash', why);
    for (const { reject } of this.#waiting.values())
      reject(new GatewayError('storage_unavailable', why));
    this.#waiting.clear();
  }
}

function post(worker: Worker, message: ToBodies): void {
  worker.postMessage(message);
}
