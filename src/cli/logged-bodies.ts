// switchyard logs ID --bodies: what was kept of a request and its reply.
import { toldBodies } from '../admin/bodies.ts';
import { bodySettings } from '../bodies/body-settings.ts';
import { readMasterKeys } from '../config/master-key.ts';
import { openBodies } from '../gateway/open-bodies.ts';
import { stderrLog } from '../lib/log.ts';
import { auditCommand } from './acting.ts';
import { printableJson } from './printable.ts';
import type { Settings } from './settings.ts';

/** Opens what a master key in the environment seals. Throws `not_found`, with why there are none. */
export async function printBodies(
  id: string,
  { dataDir, config }: Pick<Settings, 'dataDir' | 'config'>,
): Promise<void> {
  const settings = bodySettings(config.log?.bodies, { byRouter: false, secrets: [] });
  const bodies = openBodies({
    dataDir,
    environment: process.env,
    masterKeys: readMasterKeys(process.env),
    adminKey: null,
    settings: () => settings,
    log: stderrLog,
    now: Date.now,
  });
  try {
    const told = toldBodies(id, await bodies.read(id));
    await auditCommand(dataDir, { action: 'bodies.read', target: id, before: null, after: null });
    process.stdout.write(`${printableJson(told, 2)}\n`);
  } finally {
    await bodies.close();
  }
}
