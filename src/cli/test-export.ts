// switchyard exports test: asks the other side of an export, from this machine and with this environment, whether it would take rows.
import type { ExportSettings } from '../config/exports-schema.ts';
import { GatewayError } from '../core/errors.ts';
import { Courier } from '../exports/courier.ts';
import type { Delivery, ExportSink } from '../exports/export-sink.ts';
import { type ExportsByName, settingsOf } from '../exports/exports-by-name.ts';
import { openSink } from '../exports/sinks.ts';
import { stderrLog } from '../lib/log.ts';
import { auditCommand } from './acting.ts';
import { printable } from './printable.ts';
import { exitWith, settingsOrExit } from './settings.ts';

interface Given {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly name: string;
}

export async function testExport(args: Given): Promise<void> {
  const { dataDir, config } = await settingsOrExit(args);
  const { name } = args;
  const settings = exportOrExit(config.exports ?? {}, name);
  const target = { target: name, before: null, after: null };
  const audited = await auditCommand(dataDir, { action: 'export.test', ...target }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (audited instanceof GatewayError) exitWith([audited.message]);
  if (audited !== null) throw audited;
  const answer = await asked(name, settings);
  if (answer.kind !== 'taken')
    exitWith([
      `${name} takes no rows ${answer.kind === 'later' ? 'now' : 'as it is set up'}: ${answer.why}`,
    ]);
  process.stdout.write(`${printable(name)} takes rows\n`);
}

export function exportOrExit(configured: ExportsByName, name: string): ExportSettings {
  const settings = settingsOf(configured, name);
  if (settings !== null) return settings;
  const known = Object.keys(configured).join(', ');
  exitWith([`There is no export "${name}"${known === '' ? '' : `; there are ${known}`}.`]);
}

async function asked(name: string, settings: ExportSettings): Promise<Delivery> {
  let sink: ExportSink | null = null;
  try {
    const tools = { name, environment: process.env, fetch, now: Date.now, log: stderrLog };
    sink = await openSink(settings, tools);
    return await new Courier(sink).test();
  } catch (thrown) {
    const why = thrown instanceof GatewayError ? thrown.message : 'it could not be set up';
    return { kind: 'refused', why };
  } finally {
    await sink?.close?.().catch(() => undefined);
  }
}
