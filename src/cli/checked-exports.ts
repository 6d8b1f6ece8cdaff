// What exports and imports of outcomes need beside their settings, looked up without asking anybody outside: key files, credentials.
import type { ConfigFile } from '../config/schema.ts';
import { GatewayError } from '../core/errors.ts';
import { openSink } from '../exports/sinks.ts';
import { stderrLog } from '../lib/log.ts';

export interface CheckedExports {
  /** What cannot work anywhere. */
  readonly problems: readonly string[];
  /** What cannot work with this environment; the gateway may have another. */
  readonly notices: readonly string[];
}

export async function checkedExports({
  exports = {},
}: Pick<ConfigFile, 'exports'>): Promise<CheckedExports> {
  const problems: string[] = [];
  const notices: string[] = [];
  for (const [name, settings] of Object.entries(exports)) {
    try {
      const tools = { name, environment: process.env, fetch, now: Date.now, log: stderrLog };
      await (await openSink(settings, tools)).close?.();
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      const names = thrown.message.startsWith('exports.') ? '' : `exports.${name}: `;
      const isNamed = 'credentials_file' in settings && settings.credentials_file !== undefined;
      (isNamed || settings.type === 'webhook' ? problems : notices).push(names + thrown.message);
    }
  }
  return { problems, notices };
}
