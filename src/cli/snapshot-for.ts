// The snapshot a command sees without a running gateway: configuration, environment and catalogue; nothing is called.
import { loadCatalogData } from '../catalog/load.ts';
import { buildSnapshot, type Snapshot } from '../gateway/snapshot.ts';
import type { Settings } from './settings.ts';

export async function snapshotFor(settings: Settings): Promise<Snapshot> {
  return buildSnapshot({
    config: settings.config,
    environment: process.env,
    catalog: loadCatalogData(settings.dataDir),
    local: new Map(),
    sim: null,
  });
}
