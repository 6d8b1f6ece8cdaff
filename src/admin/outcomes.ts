// POST /router/v1/outcomes: what users did after the model's answers, one at a time or a thousand.
import { randomUUIDv7 } from 'bun';
import type { Experiments } from '../experiments/experiments.ts';
import { readOutcomes } from '../experiments/outcome.ts';

export async function postOutcomes(
  experiments: Experiments,
  text: string,
  headers: Headers,
): Promise<Response> {
  const outcomes = readOutcomes({
    text,
    idempotencyKey: headers.get('idempotency-key'),
    now: Date.now(),
    newId: randomUUIDv7,
  });
  return Response.json(await experiments.post(outcomes));
}
