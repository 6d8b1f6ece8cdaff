// The program's commands. Each is loaded only when it is called.
import { defineCommand, runMain } from 'citty';
import { version } from '../../package.json';
import { strict } from './strict-arguments.ts';

const program = defineCommand({
  meta: {
    name: 'switchyard',
    version,
    description:
      'An open, self-hosted LLM gateway and realtime router: any SDK, any model, one endpoint.',
  },
  subCommands: {
    serve: () => import('./serve.ts').then((file) => strict(file.serve)),
    check: () => import('./check.ts').then((file) => strict(file.check)),
    exports: () => import('./exports.ts').then((file) => strict(file.exports)),
    explain: () => import('./explain.ts').then((file) => strict(file.explain)),
    sim: () => import('./sim.ts').then((file) => strict(file.sim)),
    alerts: () => import('./alerts.ts').then((file) => strict(file.alerts)),
    audit: () => import('./audit.ts').then((file) => strict(file.audit)),
    cache: () => import('./cache.ts').then((file) => strict(file.cache)),
    keys: () => import('./keys.ts').then((file) => strict(file.keys)),
    logs: () => import('./logs.ts').then((file) => strict(file.logs)),
    models: () => import('./models.ts').then((file) => strict(file.models)),
    'provider-keys': () => import('./provider-keys.ts').then((file) => strict(file.providerKeys)),
    reconcile: () => import('./reconcile.ts').then((file) => strict(file.reconcile, file.FAILED)),
    replay: () => import('./replay.ts').then((file) => strict(file.replay)),
    usage: () => import('./usage.ts').then((file) => strict(file.usage)),
    users: () => import('./users.ts').then((file) => strict(file.users)),
  },
});

export async function runCli(args: string[]): Promise<void> {
  await runMain(program, { rawArgs: args });
}
