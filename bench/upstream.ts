// A process of its own: the simulated provider, unpaced, keeping no record of what it was asked.
import { startSim } from '../sim/start-sim.ts';

const sim = startSim({ seed: 1, keep: 1 });
console.log(`listening on ${sim.url}`);
