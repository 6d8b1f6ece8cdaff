// The thread that reads outcomes back from where requests are exported to: begun for one import, and gone with it.
import { GatewayError, toGatewayError } from '../core/errors.ts';
import { importedOutcome, type Outcome } from '../experiments/outcome.ts';
import {
  type FoundOutcome,
  type OutcomeRange,
  type OutcomeSettings,
  openOutcomeSource,
} from '../exports/outcome-source.ts';

declare const self: Worker;

export type ToOutcomesWorker =
  | {
      readonly kind: 'start';
      readonly name: string;
      readonly settings: OutcomeSettings;
      readonly environment: { readonly [name: string]: string | undefined };
      readonly range: OutcomeRange;
      readonly timeoutMs: number;
    }
  /** What was given is kept: on with it. */
  | { readonly kind: 'next' };

export interface ReadCounts {
  /** As many as came. */
  readonly read: number;
  /** No outcomes by the mapping: nobody's, or without a value. */
  readonly skipped: number;
  /** Not to be taken as outcomes. */
  readonly rejected: number;
  /** Of the first of those, why. */
  readonly rejections: readonly string[];
}

export type FromOutcomesWorker =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[] }
  /** @member failure null: all of it was read */
  | { readonly kind: 'end'; readonly counts: ReadCounts; readonly failure: string | null };

const MAX_REJECTIONS = 5;

let goOn: (() => void) | null = null;

self.onmessage = (event: MessageEvent<ToOutcomesWorker>) => {
  const message = event.data;
  if (message.kind === 'next') goOn?.();
  else void run(message);
};

async function run(start: Extract<ToOutcomesWorker, { kind: 'start' }>): Promise<void> {
  const { name, settings, environment, range, timeoutMs } = start;
  const rejections: string[] = [];
  let [read, skipped, rejected] = [0, 0, 0];
  let failure: string | null = null;
  try {
    const source = await openOutcomeSource(settings, { fetch, environment, now: Date.now });
    for await (const page of source.read(range, AbortSignal.timeout(timeoutMs))) {
      skipped += page.skipped;
      read += page.outcomes.length + page.skipped;
      const outcomes: Outcome[] = [];
      for (const found of page.outcomes) {
        const outcome = taken(found, name);
        if (typeof outcome !== 'string') outcomes.push(outcome);
        else {
          rejected += 1;
          if (rejections.length < MAX_REJECTIONS) rejections.push(outcome);
        }
      }
      if (outcomes.length > 0) await hand(outcomes);
    }
  } catch (thrown) {
    failure = toGatewayError(thrown).message;
  }
  reply({ kind: 'end', counts: { read, skipped, rejected, rejections }, failure });
}

/** Why not, where it is none. */
function taken(found: FoundOutcome, origin: string): Outcome | string {
  try {
    return importedOutcome({ ...found }, origin, Date.now());
  } catch (thrown) {
    return thrown instanceof GatewayError ? thrown.message : 'it could not be read';
  }
}

function hand(outcomes: readonly Outcome[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  goOn = resolve;
  reply({ kind: 'outcomes', outcomes });
  return promise;
}

function reply(message: FromOutcomesWorker): void {
  self.postMessage(message);
}
