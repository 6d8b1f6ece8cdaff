// What the gateway keeps of request and reply bodies: by its configuration, its routers and the master key.
import { Bodies, UNSEALED } from '../bodies/bodies.ts';
import { type BodySettings, bodySettings } from '../bodies/body-settings.ts';
import { type MasterKeys, namesMasterKey } from '../config/master-key.ts';
import type { ConfigFile } from '../config/schema.ts';
import type { ConfiguredProvider, ProviderKey } from '../core/plan.ts';
import { logPlace } from '../ledger/log-place.ts';
import type { Log } from '../lib/log.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import type { CompiledRoute, CompiledRouter } from '../routing/compile.ts';

type Environment = { readonly [name: string]: string | undefined };

interface OpenBodies {
  readonly dataDir: string;
  readonly environment: Environment;
  readonly masterKeys: MasterKeys;
  readonly adminKey: string | null;
  readonly settings: () => BodySettings;
  readonly log: Log;
  readonly now: () => number;
}

/** Opens nothing yet. */
export function openBodies({ dataDir, environment, adminKey, ...options }: OpenBodies): Bodies {
  return new Bodies({
    ...options,
    // Where the log is.
    place: logPlace(environment.DATABASE_URL, dataDir),
    secrets: adminKey === null ? [] : [adminKey],
  });
}

export function bodySettingsOf(
  config: ConfigFile,
  routers: ReadonlyMap<string, CompiledRouter>,
  providers: ReadonlyMap<string, ConfiguredProvider>,
  callersKeys: readonly ProviderKey[],
): BodySettings {
  const keys = [...providers.values()].flatMap((provider) => provider.keys).concat(callersKeys);
  return bodySettings(config.log?.bodies, {
    byRouter: [...routers.values()].some(asksForBodies),
    secrets: keys.map(({ secret }) => secret),
  });
}

/** What the operator should know of how they are kept. */
export function bodyNotices(
  { keep, byRouter }: BodySettings,
  environment: Environment,
): readonly string[] {
  return namesMasterKey(environment) || !(keep || byRouter) ? [] : [UNSEALED];
}

export function readBodyMetrics(registry: MetricRegistry, bodies: Pick<Bodies, 'stats'>): void {
  const kept = registry.counter({
    name: 'switchyard_log_bodies_kept_total',
    help: 'Requests whose bodies were kept, because somebody asked for it.',
    labels: [],
  });
  const shed = registry.counter({
    name: 'switchyard_log_bodies_shed_total',
    help: 'Requests whose bodies were to be kept and were given up, by why.',
    labels: ['reason'],
  });
  registry.onRead(() => {
    const { stats } = bodies;
    kept.of().value = stats.kept;
    for (const [reason, count] of Object.entries(stats.shed)) shed.of(reason).value = count;
  });
}

function asksForBodies({ routes, defaultRoute, commands }: CompiledRouter): boolean {
  const asks = ({ variants }: CompiledRoute) =>
    variants.some(({ settings }) => settings?.logBodies === true);
  return (
    routes.some(asks) ||
    (defaultRoute !== null && asks(defaultRoute)) ||
    [...commands.values()].some(asks)
  );
}
