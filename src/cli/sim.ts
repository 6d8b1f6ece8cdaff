// switchyard sim: the simulated provider on its own port.
import { defineCommand } from 'citty';
import { runSim } from '../../sim/cli.ts';
import { exitWith } from './settings.ts';

export const sim = defineCommand({
  meta: {
    name: 'sim',
    description:
      'Run the simulated provider: every wire format, any fault, on real HTTP. It lists its models and words when it starts.',
  },
  args: {
    host: { type: 'string', description: 'address to listen on', default: '127.0.0.1' },
    port: { type: 'string', description: 'port to listen on (0: any free one)', default: '9100' },
  },
  async run({ args }) {
    const port = Number(args.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535)
      exitWith([`The port must be a number from 0 to 65535, not "${args.port}".`]);
    try {
      await runSim({ host: args.host, port });
    } catch (thrown) {
      if (!isAddressError(thrown)) throw thrown;
      exitWith([
        `Cannot listen on ${args.host}:${port}: it is in use or not allowed. Choose another with --port.`,
      ]);
    }
  },
});

function isAddressError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'listen';
}
