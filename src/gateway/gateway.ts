// Gateway: everything a request or an operator may reach, opened once by build.ts.
import type { Alerts } from '../alerts/alerts.ts';
import type { DiskRoom } from '../alerts/rules/disk.ts';
import type { Bodies } from '../bodies/bodies.ts';
import type { OperatorMetrics } from '../catalog/operator-metrics.ts';
import type { ConfigFile } from '../config/schema.ts';
import type { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Live } from '../core/measured.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { LiveTail } from '../ledger/live-tail.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { Log } from '../lib/log.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import type { Keys } from '../limits/keys/keys.ts';
import type { UserLimits } from '../limits/keys/user-limits.ts';
import type { Limiter } from '../limits/limiter.ts';
import type { Routers } from '../routers/routers.ts';
import type { KeptStore } from '../state/kept-store.ts';
import type { Health } from '../upstream/health/health.ts';
import type { HealthClock } from '../upstream/health/health-clock.ts';
import type { Load } from '../upstream/load.ts';
import type { Vault } from '../vault/vault.ts';
import type { AttemptObserver } from './attempt-observer.ts';
import type { Answers } from './caching/answers.ts';
import type { OutcomeImports } from './import-outcomes.ts';
import type { Audit } from './open-audit.ts';
import type { Bills } from './open-bills.ts';
import type { Exports } from './open-exports.ts';
import type { SavedFigures } from './saved-counters.ts';
import type { ExchangeScope } from './scope.ts';
import type { Snapshot, SnapshotSources } from './snapshot.ts';
import type { StoredResponses } from './stored-responses.ts';
import type { Telemetry } from './telemetry.ts';

export interface GatewayOptions {
  readonly dataDir: string;
  /** The operator's own admin key; null: only keys from the database count. */
  readonly adminKey: string | null;
  readonly sources: SnapshotSources;
  readonly log: Log;
  /** Unix milliseconds: what is kept of conversations expires by it. */
  readonly now?: () => number;
  /** What health goes by. */
  readonly healthClock?: Pick<HealthClock, 'now' | 'chance'>;
  /** Of the data folder's volume, for the alert that there is little left; by default asked of the system. */
  readonly disk?: () => Promise<DiskRoom | null>;
}

export interface Gateway {
  snapshot(): Snapshot;
  /** The configuration in force. */
  config(): ConfigFile;
  /** Who changed what. */
  readonly audit: Audit;
  readonly keys: Keys;
  /** Those set for single users. */
  readonly userLimits: UserLimits;
  /** What callers may take, and have taken. */
  readonly limits: Limiter;
  readonly ledger: Ledger;
  /** What was asked to be kept of requests and replies. */
  readonly bodies: Bodies;
  /** What vendors say they billed, beside the log. */
  readonly bills: Bills;
  /** Who follows the log as it grows. */
  readonly tail: LiveTail;
  /** Those of the configuration and those of the API. */
  readonly routers: Routers;
  /** The operator's own figures of models, as far as the API set them. */
  readonly modelMetrics: OperatorMetrics;
  /** Provider keys that callers brought, and those the operator added by the API. */
  readonly vault: Vault;
  /** What came of the variants of routers. */
  readonly experiments: Experiments;
  /** What users did, as product analytics and warehouses have it. */
  readonly outcomeImports: OutcomeImports;
  /** What requests leave for later ones of the same key. */
  readonly kept: KeptStore;
  readonly responses: StoredResponses;
  /** What all requests together have under way at each provider. */
  readonly load: Load;
  /** Finished answers that are kept, for whoever asks the same. */
  readonly answers: Answers;
  /** What that did for requests since the gateway started. */
  readonly saved: () => SavedFigures & { readonly since: number };
  /** How well each target answers; outlives every snapshot. */
  readonly health: Health;
  /** What plans may know of how things go now. */
  readonly live: Live;
  /** What is counted and measured for the operator: everybody who counts something adds it here. */
  readonly metrics: MetricRegistry;
  /** Told of every attempt. */
  readonly attemptObserver: AttemptObserver;
  /** Callers' traces, and the export to OpenTelemetry. */
  readonly telemetry: Telemetry;
  /** Finished requests on their way to places outside. */
  readonly exports: Exports;
  /** What the operator should hear of, and who is told. */
  readonly alerts: Alerts;
  readonly log: Log;
  /** Writes down a finished exchange. Never throws, never waits. */
  readonly record: (exchange: Exchange) => void;
  /** Counts a request that was not let in: it has no row. */
  readonly refused: (endpoint: string, error: GatewayError) => void;
  /** Lets a request in. Throws `shutting_down` while the gateway drains. */
  admit(caller: AbortSignal): ExchangeScope;
  /** The request is over, its last byte included. */
  release(scope: ExchangeScope): void;
  /** Null when requests can be served, else why not. */
  unreadyReason(): string | null;
  /** Swaps in a snapshot from changed sources; requests under way keep the one they started with. */
  change(sources: Partial<SnapshotSources>): Snapshot;
  /** Not ready at once; running requests finish, the log is flushed. Resolves with how many had to be cut. */
  stop(): Promise<number>;
}
