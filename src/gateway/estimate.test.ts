// What is estimated of attempts that came to nothing: what their providers have read, and nothing they never got.
import { expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { GatewayError } from '../core/errors.ts';
import { DIALECTS } from '../dialects/index.ts';
import { AttemptRecording } from './attempt-recording.ts';
import { estimateFailedUsage } from './estimate.ts';
import { readInbound } from './inbound.ts';

const inbound = readInbound(
  DIALECTS['openai-chat'],
  '{"model":"a/m","messages":[{"role":"user","content":"Tell me about foxes."}]}',
  new Headers(),
);
const lost = new GatewayError('race_lost', 'Another candidate began to answer first.');

test.each([true, false])('of the loser of a race, whose request went out: %p', (sent) => {
  const record = new AttemptRecording(1, exampleCandidate(), null);
  record.sent = sent;
  estimateFailedUsage(inbound, record, lost);
  record.fail(lost);
  const { usage, costNano, estimated } = record.outcome(null);
  const told = { counted: usage.input !== null, costNano, estimated };
  // One that still stood in line for a place was read by nobody; the other's price is not known.
  expect(told).toEqual(
    sent
      ? { counted: true, costNano: null, estimated: true }
      : { counted: false, costNano: 0, estimated: undefined },
  );
});
