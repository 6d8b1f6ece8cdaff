// A process of its own: the load generator. Takes rounds over IPC, one at a time, and answers with what it counted.
import type { Round } from './round.ts';
import { runRound } from './run-round.ts';

process.on('message', (round: Round) => {
  void runRound(round).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
