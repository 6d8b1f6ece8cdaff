// What the gateway keeps of request and reply bodies: by its configuration, its routers and the master key.
import { Bodies } from '../bodies/bodies.ts';
import { type BodySettings, bodySettings } from '../bodies/body-settings.ts';
import type { BodiesPlace } from '../bodies/body-store.ts';
import { readMasterKeys } from '../config/master-key.ts';
import type { ConfigFile } from '../config/schema.ts';
import type { ConfiguredProvider } from '../core/plan.ts';
import type { Log } from '../lib/log.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import type { CompiledRoute, CompiledRouter } from '../routing/compile.ts';

type Environment = { readonly [name: string]: string | undefined };

interface OpenBodies {
  readonly dataDir: string;
  readonly environment: Environment;
  readonly adminKey: string | null;
  readonly settings: () => BodySettings;
  readonly log: Log;
  readonly now: () => number;
}

/** Opens nothing yet. Throws where the master key is none. */
export function openBodies({ dataDir, environment, adminKey, ...options }: OpenBodies): Bodies {
  return new Bodies({
    ...options,
    place: bodiesPlace(dataDir, environment),
    masterKeys: readMasterKeys(environment),
    secrets: adminKey === null ? [] : [adminKey],
  });
}

/** Where the log is. */
export function bodiesPlace(dataDir: string, environment: Environment): BodiesPlace {
  const url = environment.DATABASE_URL?.trim();
  return url ? { engine: 'postgres', url } : { engine: 'sqlite', dataDir };
}

export function bodySettingsOf(
  config: ConfigFile,
  routers: ReadonlyMap<string, CompiledRouter>,
  providers: ReadonlyMap<string, ConfiguredProvider>,
): BodySettings {
  const keys = [...providers.values()].flatMap((provider) => provider.keys);
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
  const hasKey = environment.SWITCHYARD_MASTER_KEY || environment.SWITCHYARD_MASTER_KEY_FILE;
  if (hasKey || !(keep || byRouter)) return [];
  return [
    'Request and reply bodies are kept, and not sealed: set SWITCHYARD_MASTER_KEY (openssl rand -base64 32).',
  ];
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
