// A changed configuration in the audit trail: what was taken, and what was refused.
import { basename } from 'node:path';
import { configChanges } from '../config/config-changes.ts';
import type { ConfigFile } from '../config/schema.ts';
import { CONFIG_ACTOR } from '../core/actor.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Snapshot, SnapshotSources } from '../gateway/snapshot.ts';

/** Puts it in force. Where that cannot be written down it is taken back, and whoever asked is told. */
export async function changeAudited(
  gateway: Gateway,
  sources: Pick<SnapshotSources, 'config' | 'catalog'>,
  file: string,
): Promise<Snapshot> {
  const old = gateway.config();
  const snapshot = gateway.change(sources);
  try {
    await noteChange(gateway, old, sources.config, file);
  } catch (thrown) {
    gateway.change({ config: old });
    throw thrown;
  }
  return snapshot;
}

/** @param places of the problems, `switchyard.yaml:3`: their messages may quote what stands there */
export function noteRefused(
  gateway: Gateway,
  file: string,
  places: readonly (number | null)[],
): Promise<void> {
  return gateway.audit.write({
    by: CONFIG_ACTOR,
    action: 'config.refuse',
    target: basename(file),
    before: null,
    after: { problems: places.length, lines: places.filter((line) => line !== null) },
  });
}

async function noteChange(
  gateway: Gateway,
  old: ConfigFile,
  config: ConfigFile,
  file: string,
): Promise<void> {
  const { sections, before, after } = configChanges(old, config);
  // A refreshed catalogue comes this way too, and changes no setting.
  if (sections.length === 0) return;
  await gateway.audit.write({
    by: CONFIG_ACTOR,
    action: 'config.reload',
    target: basename(file),
    before,
    after,
  });
}
