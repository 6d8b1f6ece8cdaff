// The composition root: opens everything a gateway is made of, and swaps the snapshot when its sources change.
import { openOperatorMetrics } from '../catalog/operator-metrics.ts';
import { readMasterKeys } from '../config/master-key.ts';
import { GatewayError } from '../core/errors.ts';
import type { Live } from '../core/measured.ts';
import { Experiments } from '../experiments/experiments.ts';
import { LiveTail } from '../ledger/live-tail.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { PriceNotes } from '../ledger/price-notes.ts';
import { MetricRegistry } from '../lib/metric-registry.ts';
import { NO_KEYS, openKeys } from '../limits/keys/keys.ts';
import { openUserLimits } from '../limits/keys/user-limits.ts';
import { openRouterStore } from '../routers/router-store.ts';
import { Routers } from '../routers/routers.ts';
import { compileRouter } from '../routing/compile.ts';
import { KeptStore } from '../state/kept-store.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { Health } from '../upstream/health/health.ts';
import { Load } from '../upstream/load.ts';
import { removeKeysOf, Vault } from '../vault/vault.ts';
import { BothObservers } from './both-observers.ts';
import { openAnswers } from './caching/answers.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { HealthFeed } from './health-feed.ts';
import { OutcomeImports } from './import-outcomes.ts';
import { logSettings } from './log-settings.ts';
import { GatewayMetrics } from './metrics.ts';
import { openAlerts } from './open-alerts.ts';
import { Audit } from './open-audit.ts';
import { openBills } from './open-bills.ts';
import { openBodies, readBodyMetrics } from './open-bodies.ts';
import { openExports } from './open-exports.ts';
import { openLimits } from './open-limits.ts';
import { PriceFeed } from './price-feed.ts';
import { readMetrics } from './read-metrics.ts';
import { ExchangeScope } from './scope.ts';
import { buildSnapshot } from './snapshot.ts';
import { StoredResponses } from './stored-responses.ts';
import { openTelemetry } from './telemetry.ts';

/** Opens a gateway. Throws a GatewayError or a storage error that says what to do. */
export function openGateway(options: GatewayOptions): Gateway {
  const masterKeys = readMasterKeys(options.sources.environment);
  const bodies = openBodies({
    dataDir: options.dataDir,
    environment: options.sources.environment,
    masterKeys,
    adminKey: options.adminKey,
    settings: () => snapshot.bodies,
    log: options.log,
    now: options.now ?? Date.now,
  });
  const store: Store = openStore({ dataDir: options.dataDir });
  let sources = options.sources;
  const configured = () => sources.config.keys ?? NO_KEYS;
  const { adminKey, log, now = Date.now } = options;
  const keys = openKeys(store, { adminKey, configured, log, now, removeWith: removeKeysOf });
  const userLimits = openUserLimits(store, { log, now });
  const audit = new Audit(store, {
    retentionMs: () => sources.config.audit?.retention ?? null,
    log: options.log,
    now: options.now ?? Date.now,
  });
  const ledger = openLedger({ ...logSettings(options), log: options.log });
  const routerStore = openRouterStore(store, { log: options.log });
  const routers = new Routers({
    store: routerStore,
    configured: () => sources.config.routers ?? [],
    check: (router) => {
      const result = compileRouter(router);
      return result.ok ? [] : result.problems;
    },
  });
  const modelMetrics = openOperatorMetrics(store, { log: options.log });
  const vault = new Vault(store, { masterKeys, log: options.log });
  const experiments = new Experiments({
    store,
    log: options.log,
    requestOf: (id) => ledger.get(id),
  });
  const outcomeImports = new OutcomeImports({
    exports: () => sources.config.exports,
    environment: () => sources.environment,
    ...{ experiments, log: options.log, now: options.now },
  });
  const rebuilt = () => {
    const usable = routers.usable();
    experiments.sawWeights([...(sources.config.routers ?? []), ...usable.routers]);
    return buildSnapshot({
      ...sources,
      routers: usable,
      metrics: modelMetrics.current(),
      pools: vault.pools(),
      callersKeys: vault.callersKeys(),
    });
  };
  let snapshot = rebuilt();
  const rebuild = () => {
    snapshot = rebuilt();
  };
  routerStore.onChange(rebuild);
  modelMetrics.onChange(rebuild);
  vault.onChange(() => {
    rebuild();
    load.limit(snapshot.providers);
    telemetry.know(snapshot);
  });
  const load = new Load();
  load.limit(snapshot.providers);
  const health = new Health({
    now: () => performance.now(),
    chance: Math.random,
    ...options.healthClock,
    settings: () => snapshot.health,
  });
  const live: Live = { health, speed: health, outcomes: experiments.means };
  const kept = new KeptStore({
    dataDir: options.dataDir,
    masterKeys,
    limits: () => snapshot.kept,
    log: options.log,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const registry = new MetricRegistry();
  const answers = openAnswers({
    settings: () => snapshot.cache,
    ...{ dataDir: options.dataDir, masterKeys, log, now, metrics: registry },
    environment: sources.environment,
  });
  const limits = openLimits({
    ...{ dataDir: options.dataDir, log: options.log, now: options.now ?? Date.now },
    config: sources.config.limits,
    environment: sources.environment,
    settings: () => snapshot.limits,
    userLimits: (user) => userLimits.of(user),
    metrics: registry,
  });
  const bills = openBills({
    dataDir: options.dataDir,
    log: ledger,
    environment: () => sources.environment,
    config: () => sources.config.reconciliation,
    now: options.now,
    nightly: { log: options.log, metrics: registry },
  });
  readBodyMetrics(registry, bodies);
  const metrics = new GatewayMetrics(registry);
  const since = now();
  const { labels } = metrics;
  const notes = new PriceNotes(options.now ?? Date.now);
  const prices = new PriceFeed(notes, (price) => ledger.notePrice(price));
  const providers = () => snapshot.providers.keys();
  const telemetry = openTelemetry(sources, {
    dataDir: options.dataDir,
    folder: ledger.spoolFolder,
    providers: snapshot.providers,
    log: options.log,
  });
  readMetrics(registry, { health, load, ledger, providers, labels, telemetry });
  const exports = openExports({
    ...{ store, ledger, config: sources.config, environment: sources.environment },
    ...{ log: options.log, now: options.now ?? Date.now, metrics: registry },
  });
  const alerts = openAlerts({
    ...{ store, ledger, health, keys, limits, vault, metrics: registry, log: options.log },
    now: options.now ?? Date.now,
    config: () => sources.config.alerts,
    exports: () => exports.health(),
    disk: options.disk,
  });
  const tail = new LiveTail();
  let draining = false;
  let emptied: (() => void) | null = null;
  const running = new Set<ExchangeScope>();

  return {
    snapshot: () => snapshot,
    config: () => sources.config,
    audit,
    keys,
    userLimits,
    limits,
    ledger,
    bodies,
    bills,
    tail,
    routers,
    modelMetrics,
    vault,
    experiments,
    outcomeImports,
    kept,
    answers,
    saved: () => ({ ...metrics.saved(), since }),
    responses: new StoredResponses(kept),
    load,
    health,
    live,
    metrics: registry,
    attemptObserver: new BothObservers(new HealthFeed(health), new BothObservers(metrics, prices)),
    telemetry,
    exports,
    alerts,
    log: options.log,
    record(exchange) {
      metrics.record(exchange);
      ledger.append(exchange);
      tail.publish(exchange);
      alerts.record(exchange);
    },
    refused: (endpoint, error) => metrics.refused(endpoint, error),
    admit(caller) {
      if (draining)
        throw new GatewayError(
          'shutting_down',
          'The gateway is stopping. Send the request again in a moment.',
        );
      const scope = new ExchangeScope(caller);
      running.add(scope);
      return scope;
    },
    release(scope) {
      scope.end();
      running.delete(scope);
      if (running.size === 0) emptied?.();
    },
    unreadyReason() {
      if (draining) return `stopping: ${running.size} requests are still running`;
      return snapshot.providers.size === 0 ? 'no provider is configured' : null;
    },
    change(changed) {
      const before = sources;
      sources = { ...sources, ...changed };
      try {
        snapshot = rebuilt();
      } catch (thrown) {
        // What was not taken must not come in with the next change.
        sources = before;
        throw thrown;
      }
      load.limit(snapshot.providers);
      telemetry.know(snapshot);
      exports.know(sources.config);
      answers.semantic.know(snapshot.cache);
      return snapshot;
    },
    async stop() {
      draining = true;
      const cut = await drained();
      await alerts.close();
      await Promise.all([telemetry.close(), exports.close()]);
      await outcomeImports.close();
      await limits.close();
      tail.close();
      await Promise.all([
        ledger.close(),
        kept.close(),
        answers.store.close(),
        answers.semantic.close(),
        experiments.close(),
        bodies.close(),
      ]);
      await bills.close();
      audit.close();
      keys.close();
      userLimits.close();
      routerStore.close();
      modelMetrics.close();
      await vault.close();
      store.close();
      return cut;
    },
  };

  /** Waits for running requests up to the limit, then stops the rest. */
  async function drained(): Promise<number> {
    if (running.size === 0) return 0;
    const empty = new Promise<void>((resolve) => {
      emptied = resolve;
    });
    await Promise.race([empty, Bun.sleep(snapshot.drainMs)]);
    const cut = running.size;
    for (const scope of running) scope.stop();
    if (cut > 0) await Promise.race([empty, Bun.sleep(1000)]);
    return cut;
  }
}
