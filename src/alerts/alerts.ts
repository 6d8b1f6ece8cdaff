// Alerts: what an operator should hear of, looked for and told; what the gateway, the API and the command line see of it.
import type { Actor } from '../core/actor.ts';
import type { AlertRecord } from '../core/alert.ts';
import type { Exchange } from '../core/exchange.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { appendAudit } from '../store/audit-trail.ts';
import type { Store } from '../store/open-store.ts';
import { AlertBook } from './alert-book.ts';
import {
  type AlertFilter,
  activeAlerts,
  alertOf,
  dropOldAlerts,
  listAlerts,
  putAlert,
} from './alert-rows.ts';
import type { AlertSettings } from './alert-settings.ts';
import { shownChannel, shownMessage } from './channel-report.ts';
import { type Sent, sendMessage } from './channels/send-message.ts';
import { unreadyReason } from './channels/which-channel.ts';
import { Courier, type DeliveryOutcome } from './courier.ts';
import type { Rule } from './finding.ts';
import { messagesAbout, noteTest, tidyOutbox } from './outbox.ts';
import { shownAlert } from './shown-alert.ts';
import { Watch } from './watch.ts';
import type { WatchedExchanges } from './watched-exchanges.ts';

const LOOK_EVERY_MS = 5_000;
const TIDY_EVERY_MS = 3_600_000;
const CLOSE_WAIT_MS = 1000;

export interface AlertsOptions {
  readonly store: Store;
  readonly watched: WatchedExchanges;
  readonly rules: readonly Rule[];
  /** As they are now. */
  readonly settings: () => AlertSettings;
  readonly now: () => number;
  readonly log: Log;
  readonly onOutcome?: (channel: string, outcome: DeliveryOutcome) => void;
  /** False: nothing happens by itself, as on the command line. */
  readonly byItself?: boolean;
}

export type Tested = Sent & { readonly tookMs: number };

export class Alerts {
  readonly #options: AlertsOptions;
  readonly #book: AlertBook;
  readonly #watch: Watch;
  readonly #courier: Courier;
  readonly #timer: Timer | null;
  #tidiedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: AlertsOptions) {
    this.#options = options;
    const { store, rules, settings, now, onOutcome = () => {}, byItself = true } = options;
    // What is still under way at the end finds its database closed: no trouble of anybody's.
    const log: Log = (...told) => (this.#closed ? undefined : options.log(...told));
    const book = new AlertBook(store, log);
    this.#book = book;
    this.#watch = new Watch({ book, rules, settings, now, log, newId: Bun.randomUUIDv7 });
    this.#courier = new Courier({ book, settings, now, log, onOutcome });
    this.#timer = byItself ? setInterval(() => void this.look(), LOOK_EVERY_MS) : null;
    this.#timer?.unref();
  }

  /** A finished exchange. Never throws, never waits. */
  record(exchange: Exchange): void {
    this.#options.watched.record(exchange);
  }

  /** Looks now, and sends what there is to tell; by itself every five seconds. Never throws. */
  look(): Promise<void> {
    this.#looking = this.#lookAndTell();
    return this.#looking;
  }

  /** Newest first. */
  list(filter: AlertFilter): readonly AlertRecord[] {
    return this.#book.read((sqlite) => listAlerts(sqlite, filter));
  }

  active(): readonly AlertRecord[] {
    return this.#book.read(activeAlerts);
  }

  /** With the messages that told of it; null: there is none. */
  shown(id: string): JsonObject | null {
    const { sqlite } = this.#book;
    const alert = alertOf(sqlite, id);
    if (alert === null) return null;
    return { ...shownAlert(alert), messages: messagesAbout(sqlite, id).map(shownMessage) };
  }

  channels(): readonly JsonObject[] {
    return [...this.#options.settings().channels].map(([name, channel]) =>
      shownChannel(this.#book.sqlite, name, channel),
    );
  }

  /** Sends a test, whatever the channel wants to hear of and whether it is quiet. Null: there is no such channel. */
  async test(name: string, actor: Actor): Promise<Tested | null> {
    const { store, settings, now } = this.#options;
    const { channels, link } = settings();
    const channel = channels.get(name);
    if (channel === undefined) return null;
    const at = now();
    const id = Bun.randomUUIDv7();
    const message = { id, at, kind: 'test', notices: [], more: 0 } as const;
    const reason = unreadyReason(channel);
    const startedMs = performance.now();
    const sent: Sent =
      reason === null
        ? await sendMessage(channel, { message, link, now: at })
        : { ok: false, problem: reason, isPermanent: true, retryAfterMs: null };
    const tookMs = Math.round(performance.now() - startedMs);
    const problem = sent.ok ? null : sent.problem;
    await store.write((sqlite) => {
      noteTest(sqlite, name, message, problem);
      const after = { delivered: sent.ok, problem };
      const entry = { by: actor, action: 'alert_channel.test', target: name, before: null, after };
      appendAudit(sqlite, entry, at);
    });
    return { ...sent, tookMs };
  }

  /** Nobody is reminded of it any more. Null: there is none. */
  acknowledge(id: string, actor: Actor): Promise<JsonObject | null> {
    const at = this.#options.now();
    return this.#change(id, actor, 'alert.acknowledge', { acknowledgedAt: at });
  }

  /** Nothing is told of its subject for so long, also when it begins anew. @param forMs null: that is over */
  silence(id: string, forMs: number | null, actor: Actor): Promise<JsonObject | null> {
    const silencedUntil = forMs === null ? null : this.#options.now() + forMs;
    return this.#change(id, actor, 'alert.silence', { silencedUntil });
  }

  /** Waits a moment for what is being sent, so that it is not sent again by the next start. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.race([this.#looking, Bun.sleep(CLOSE_WAIT_MS)]);
    this.#closed = true;
  }

  async #lookAndTell(): Promise<void> {
    await this.#watch.look();
    await this.#courier.deliver();
    await this.#book.goBack();
    await this.#tidy();
  }

  #change(
    id: string,
    by: Actor,
    action: string,
    change: Partial<Pick<AlertRecord, 'acknowledgedAt' | 'silencedUntil'>>,
  ): Promise<JsonObject | null> {
    const { store, now } = this.#options;
    return store.write((sqlite) => {
      const alert = alertOf(sqlite, id);
      if (alert === null) return null;
      const changed = { ...alert, ...change };
      putAlert(sqlite, changed);
      const [before, after] = [shownAlert(alert), shownAlert(changed)];
      appendAudit(sqlite, { by, action, target: id, before, after }, now());
      return after;
    });
  }

  /** What is too old in the history goes. */
  async #tidy(): Promise<void> {
    const { settings, now, log } = this.#options;
    const at = now();
    if (at - this.#tidiedAt < TIDY_EVERY_MS) return;
    this.#tidiedAt = at;
    const { channels, keepMs } = settings();
    try {
      await this.#book.write((sqlite) => {
        dropOldAlerts(sqlite, at - keepMs);
        tidyOutbox(sqlite, [...channels.keys()], at - keepMs);
      });
    } catch (error) {
      log('warn', 'old alerts cannot be dropped', {
        reason: error instanceof Error ? error.message : '',
      });
    }
  }
}
