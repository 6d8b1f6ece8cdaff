// What is kept of a response whose providers changed before it was whole: who has it, and whose thoughts are in it.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { GatewayError } from '../core/errors.ts';
import { DIALECTS } from '../dialects/index.ts';
import { readInbound } from './inbound.ts';
import { keeperOf } from './keep-response.ts';
import { Recording } from './recording.ts';
import { type StoredResponse, StoredResponses } from './stored-responses.ts';

const dialect = DIALECTS['openai-responses'];
const cut = new GatewayError('upstream_stream_truncated', 'cut');

function begun() {
  const recording = new Recording(
    { id: 'g', at: 1, endpoint: 'responses', dialect: dialect.id },
    () => undefined,
  );
  const asks = (id: string) => {
    const attempt = recording.begin(exampleCandidate({ id }), null);
    recording.adopt(attempt);
    return attempt;
  };
  const first = asks('a');
  const kept: Pick<StoredResponse, 'provider' | 'storedThere'>[] = [];
  const stored = Object.assign(Object.create(StoredResponses.prototype) as StoredResponses, {
    keep: (_tenant: string, { provider, storedThere }: StoredResponse) =>
      kept.push({ provider, storedThere }),
  });
  const inbound = readInbound(dialect, '{"model":"a/m","input":"hi"}', new Headers());
  const answered = { dialect, verbatim: true };
  const keep = keeperOf(inbound, answered, recording, stored, 'tenant');
  return { recording, first, asks, kept, keep: () => keep?.({ id: 'resp_a' }) };
}

describe('a response', () => {
  test('of one provider is there', () => {
    const { keep, kept } = begun();
    keep();
    expect(kept).toEqual([{ provider: 'a', storedThere: true }]);
  });

  test('that another gave under the id of the first, which was cut before it said anything, is not', () => {
    const { recording, first, asks, keep, kept } = begun();
    recording.failed(first, cut);
    asks('b');
    keep();
    expect(kept).toEqual([{ provider: 'b', storedThere: false }]);
  });

  test('that another went on with is not, and what was thought is the first one’s', () => {
    const { recording, first, asks, keep, kept } = begun();
    recording.observe({ type: 'block-delta', index: 0, delta: { kind: 'reasoning', text: 'I' } });
    recording.failed(first, cut);
    asks('b');
    keep();
    expect(kept).toEqual([{ provider: 'a', storedThere: false }]);
  });
});
