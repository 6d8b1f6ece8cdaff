// switchyard serve: the gateway. What `npm start` runs.
import { existsSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { defineCommand } from 'citty';
import { version } from '../../package.json';
import { adminRoutes } from '../admin/routes.ts';
import { loadCatalogData } from '../catalog/load.ts';
import { GATEWAY_ACTOR } from '../core/actor.ts';
import { GatewayError } from '../core/errors.ts';
import { openGateway } from '../gateway/build.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { buildSnapshot, type SnapshotSources } from '../gateway/snapshot.ts';
import { type Listening, listen } from '../http/listen.ts';
import { buildServer } from '../http/server.ts';
import { stderrLog } from '../lib/log.ts';
import { adminKeyPath, bootstrapAdminKey } from '../limits/keys/admin-key.ts';
import { PROVIDERS } from '../providers/index.ts';
import { discoverLocal } from '../upstream/discover.ts';
import { banner } from './banner.ts';
import { followSources } from './follow-sources.ts';
import { watchLifelines } from './lifelines.ts';
import { exitWith, listenArgs, type Settings, settingsArgs, settingsOrExit } from './settings.ts';

const DISCOVERY_EVERY_MS = 60_000;
/** Tokens a second of the simulated provider: a little life for people who watch. */
const SIMULATED_PACE = 80;

export const serve = defineCommand({
  meta: { name: 'serve', description: 'Run the gateway.' },
  args: { ...settingsArgs, ...listenArgs },
  async run({ args }) {
    const settings = await settingsOrExit(args);
    try {
      await start(settings);
    } catch (thrown) {
      if (thrown instanceof GatewayError) exitWith([thrown.message]);
      throw thrown;
    }
  },
});

async function start(settings: Settings): Promise<void> {
  const { dataDir } = settings;
  const adminKey = bootstrapAdminKey({ dataDir, fromEnv: process.env.SWITCHYARD_ADMIN_KEY });
  const plain: SnapshotSources = {
    config: settings.config,
    environment: process.env,
    catalog: loadCatalogData(dataDir),
    local: new Map(),
    sim: null,
  };
  const sources = await withSimulated(plain);
  const gateway = openGateway({ dataDir, adminKey: adminKey.secret, sources, log: stderrLog });
  if (adminKey.created)
    await gateway.audit.write({
      by: GATEWAY_ACTOR,
      action: 'admin_key.create',
      target: 'admin',
      before: null,
      after: { file: basename(adminKeyPath(dataDir)) },
    });
  const listening = listenOr(gateway, settings, () => {
    // Nobody has seen it: the next run makes one and shows it.
    if (adminKey.created) rmSync(adminKeyPath(dataDir), { force: true });
  });
  process.stdout.write(`switchyard listening on ${listening.url}\n`);
  stopOnSignals(gateway, listening);
  followSources(gateway, settings.configFile, dataDir);
  await discover(gateway, settings);
  const configFile = existsSync(settings.configFile) ? settings.configFile : null;
  const adminKeyShell = process.env.SWITCHYARD_ADMIN_KEY
    ? '$SWITCHYARD_ADMIN_KEY'
    : `$(cat '${adminKeyPath(dataDir)}')`;
  const newAdminKey = adminKey.created ? adminKey.secret : null;
  const facts = {
    url: listening.url,
    version,
    snapshot: gateway.snapshot(),
    configFile,
    dataDir,
    newAdminKey,
    adminKeyShell,
  };
  process.stdout.write(
    banner({ ...facts, color: process.stdout.isTTY === true && !process.env.NO_COLOR }),
  );
}

function listenOr(gateway: Gateway, settings: Settings, failed: () => void): Listening {
  try {
    const app = buildServer(gateway, [adminRoutes(gateway)]);
    return listen(app, settings.host, settings.port);
  } catch (thrown) {
    failed();
    throw thrown;
  }
}

/** Attaches the simulated provider where the configuration asks for it, or where there is no other at all. */
async function withSimulated(sources: SnapshotSources): Promise<SnapshotSources> {
  const simulated = PROVIDERS.find((provider) => provider.simulated);
  const asked = simulated !== undefined && sources.config.providers?.[simulated.id] !== undefined;
  if (!asked && buildSnapshot(sources).providers.size > 0) return sources;
  const { startSim } = await import('../../sim/start-sim.ts');
  const { MODELS } = await import('../../sim/models.ts');
  const { url } = startSim({ pace: SIMULATED_PACE, keep: 0 });
  return { ...sources, sim: { url, models: MODELS.map((model) => model.id) } };
}

async function discover(gateway: Gateway, settings: Settings): Promise<void> {
  if (settings.config.discovery?.local === false) return;
  let seen = '';
  const look = async () => {
    const local = await discoverLocal(PROVIDERS);
    const now = JSON.stringify([...local]);
    if (now !== seen && (seen !== '' || local.size > 0)) gateway.change({ local });
    seen = now;
  };
  await look();
  setInterval(() => void look(), DISCOVERY_EVERY_MS).unref();
}

function stopOnSignals(gateway: Gateway, listening: Listening): void {
  let stopping = false;
  const stop = async (signal: string) => {
    // A second signal means now.
    if (stopping) process.exit(1);
    stopping = true;
    gateway.log('info', `${signal}: finishing running requests`);
    const cut = await gateway.stop();
    await listening.close();
    if (cut > 0) gateway.log('warn', 'the drain time was over before all requests were', { cut });
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  watchLifelines(() => {
    if (!stopping) void stop('the process that started it is gone');
  });
}
