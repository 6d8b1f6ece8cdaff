// The simulated provider as a program of its own.
import { helpText } from './help-text.ts';
import { startSim } from './start-sim.ts';

/** A little life for people who watch; tests and benchmarks set their own. */
const PACE = 80;

/** Listens until SIGINT or SIGTERM; says where, what its models do, and a line for each request. */
export async function runSim({
  port,
  host,
}: {
  readonly port: number;
  readonly host: string;
}): Promise<void> {
  const sim = startSim({ host, port, pace: PACE, log: (line) => console.log(line) });
  console.log(`simulated provider listening on ${sim.url}`);
  console.log(helpText());
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await sim.stop();
}
