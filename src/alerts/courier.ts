// Courier: brings messages to channels, each channel for itself, until they are taken: at least once. What fails is tried
// again later and later, for a day.
import { SEVERITIES } from '../core/alert.ts';
import type { Log } from '../lib/log.ts';
import type { AlertBook } from './alert-book.ts';
import type { AlertSettings, ChannelConfig } from './alert-settings.ts';
import { type Sent, sendMessage } from './channels/send-message.ts';
import { isReady } from './channels/which-channel.ts';
import { type Claim, claim, hasWork, settle } from './outbox.ts';
import { toldNow } from './quiet.ts';

/** After each attempt; the last for all that follow. */
const PAUSES_MS = [5_000, 15_000, 60_000] as const;
/** No longer, for what came meanwhile waits as well. */
const LAST_PAUSE_MS = 300_000;
/** A channel that asks for more is asked again all the same. */
const MAX_ASKED_MS = 3_600_000;
const GIVEN_UP_AFTER_MS = 24 * 3_600_000;
/** What says that it will not do is not tried for a day. */
const PERMANENT_ATTEMPTS = 3;

export type DeliveryOutcome = 'sent' | 'retried' | 'failed';

export interface CourierOptions {
  readonly book: AlertBook;
  readonly settings: () => AlertSettings;
  readonly now: () => number;
  readonly log: Log;
  /** Told of every attempt. */
  readonly onOutcome: (channel: string, outcome: DeliveryOutcome) => void;
}

export class Courier {
  readonly #options: CourierOptions;
  readonly #busy = new Map<string, Promise<void>>();

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** All there is to send now; resolves when it was tried. A channel that takes long keeps no other. Never throws. */
  async deliver(): Promise<void> {
    const { book, settings, log } = this.#options;
    try {
      if (book.read(hasWork))
        for (const [name, channel] of settings().channels)
          if (isReady(channel) && !this.#busy.has(name))
            this.#busy.set(
              name,
              this.#serve(name, channel).finally(() => this.#busy.delete(name)),
            );
      await Promise.all(this.#busy.values());
    } catch (error) {
      log('warn', 'alerts cannot be sent', { reason: error instanceof Error ? error.message : '' });
    }
  }

  async #serve(name: string, channel: ChannelConfig): Promise<void> {
    const { book, settings, now } = this.#options;
    const { quiet, groupMs, link } = settings();
    const claimed = await book.write((sqlite) =>
      claim(sqlite, name, now(), toldNow(quiet, SEVERITIES, now()), groupMs),
    );
    if (claimed === null) return;
    const sent = await sendMessage(channel, { message: claimed.message, link, now: now() });
    const dueAt = sent.ok ? null : retryAt(sent, claimed, now());
    const problem = sent.ok ? null : sent.problem;
    await book.write((sqlite) => settle(sqlite, claimed.message.id, now(), { problem, dueAt }));
    this.#tell(name, problem, dueAt);
  }

  #tell(channel: string, problem: string | null, dueAt: number | null): void {
    const outcome = problem === null ? 'sent' : dueAt === null ? 'failed' : 'retried';
    this.#options.onOutcome(channel, outcome);
    if (problem === null) return;
    const what = outcome === 'failed' ? 'an alert was not delivered' : 'an alert is tried again';
    this.#options.log('warn', what, { channel, problem });
  }
}

type Failure = Extract<Sent, { readonly ok: false }>;

/** Null: it is given up. */
export function retryAt(
  { isPermanent, retryAfterMs }: Failure,
  { attempts, createdAt }: Pick<Claim, 'attempts' | 'createdAt'>,
  now: number,
): number | null {
  if (isPermanent && attempts >= PERMANENT_ATTEMPTS) return null;
  const pause = PAUSES_MS[attempts - 1] ?? LAST_PAUSE_MS;
  const at = now + Math.max(pause, Math.min(retryAfterMs ?? 0, MAX_ASKED_MS));
  return at - createdAt > GIVEN_UP_AFTER_MS ? null : at;
}
