// The program's commands. Each is loaded only when it is called.
import { defineCommand, runMain } from 'citty';
import { version } from '../../package.json';

const program = defineCommand({
  meta: {
    name: 'switchyard',
    version,
    description:
      'An open, self-hosted LLM gateway and realtime router: any SDK, any model, one endpoint.',
  },
  subCommands: {
    serve: () => import('./serve.ts').then((file) => file.serve),
    check: () => import('./check.ts').then((file) => file.check),
    explain: () => import('./explain.ts').then((file) => file.explain),
    sim: () => import('./sim.ts').then((file) => file.sim),
    keys: () => import('./keys.ts').then((file) => file.keys),
    logs: () => import('./logs.ts').then((file) => file.logs),
    models: () => import('./models.ts').then((file) => file.models),
  },
});

export async function runCli(args: string[]): Promise<void> {
  await runMain(program, { rawArgs: args });
}
