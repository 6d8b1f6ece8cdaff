// The snapshot a command sees without a running gateway: configuration, environment, catalogue, and the API's routers and metrics; nothing is called.
import { existsSync } from 'node:fs';
import { loadCatalogData } from '../catalog/load.ts';
import { openOperatorMetrics } from '../catalog/operator-metrics.ts';
import type { Pools } from '../gateway/pooled-keys.ts';
import { buildSnapshot, type Snapshot, type SnapshotSources } from '../gateway/snapshot.ts';
import { openRouterStore } from '../routers/router-store.ts';
import { Routers } from '../routers/routers.ts';
import { databasePath, openStore } from '../store/open-store.ts';
import type { Settings } from './settings.ts';

const NO_POOLS: Pools = new Map();

/** @param pools the provider keys that are stored for every caller, where they could be opened */
export async function snapshotFor(settings: Settings, pools: Pools = NO_POOLS): Promise<Snapshot> {
  const sources: SnapshotSources = {
    config: settings.config,
    environment: process.env,
    catalog: loadCatalogData(settings.dataDir),
    local: new Map(),
    sim: null,
    pools,
  };
  // Looking makes no data folder.
  if (!existsSync(databasePath(settings.dataDir))) return buildSnapshot(sources);
  const store = openStore({ dataDir: settings.dataDir });
  const routerStore = openRouterStore(store);
  const metrics = openOperatorMetrics(store);
  try {
    const configured = () => settings.config.routers ?? [];
    const routers = new Routers({ store: routerStore, configured, check: () => [] });
    return buildSnapshot({ ...sources, routers: routers.usable(), metrics: metrics.list() });
  } finally {
    routerStore.close();
    metrics.close();
    store.close();
  }
}
