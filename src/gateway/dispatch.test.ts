// A request's place at its provider: there while it is under way, and given back once however it ends.
import { afterAll, describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { GatewayError } from '../core/errors.ts';
import type { Candidate } from '../core/plan.ts';
import { Abort } from '../lib/abort.ts';
import { Load } from '../upstream/load.ts';
import { AttemptRecording } from './attempt-recording.ts';
import { dispatch } from './dispatch.ts';
import type { RunningAttempt } from './upstream-stream.ts';

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: ({ url }) =>
    url.endsWith('/refused')
      ? Response.json({}, { status: 429 })
      : new Response(new ReadableStream({ start: (body) => body.enqueue('endless') })),
});
afterAll(() => server.stop(true));

const OUTGOING = { path: '/x', body: '{}', stream: true, forwarded: null };
const NO_LIMITS = { connectMs: null, firstTokenMs: null, idleMs: null };
const decodeError = () => new GatewayError('upstream_rate_limited', 'Slow down.');

function ground(path = '/x') {
  const load = new Load();
  const candidate: Candidate = exampleCandidate({ baseUrl: `http://127.0.0.1:${server.port}` });
  const { provider } = candidate.configured;
  const limits = { concurrent: 1, queue: 1, queueTimeoutMs: 5000 };
  load.limit(new Map([[provider.id, { ...candidate.configured, limits }]]));
  const send = (read: (running: RunningAttempt) => Promise<RunningAttempt>) => {
    const abort = new Abort<GatewayError>();
    const answer = dispatch(
      { candidate, key: null },
      { ...OUTGOING, path },
      new AttemptRecording(1, candidate, null),
      { limits: NO_LIMITS, abort, load },
      decodeError,
      (_response, running) => read(running),
    );
    return { abort, answer };
  };
  return { lane: load.of(provider.id), send };
}

const taken = async (running: RunningAttempt) => running;

describe('dispatch', () => {
  test('keeps the place until whoever reads says that it is over, however often they say so', async () => {
    const { lane, send } = ground();
    const running = await send(taken).answer;
    const second = send(taken);
    expect([lane.running, lane.waiting]).toEqual([1, 1]);
    running.release();
    running.release();
    const next = await second.answer;
    running.release();
    expect([lane.running, lane.waiting]).toEqual([1, 0]);
    next.release();
    expect(lane.running).toBe(0);
  });

  test('gives it back when the exchange is stopped, though nobody reads', async () => {
    const { lane, send } = ground();
    const { abort, answer } = send(taken);
    const running = await answer;
    abort.trigger(new GatewayError('client_closed', 'gone'));
    expect([lane.running, running.signal.aborted]).toEqual([0, true]);
  });

  test('gives it back where the provider refuses, and where its answer cannot be read', async () => {
    const refused = ground('/refused');
    const told: unknown = await refused.send(taken).answer.catch((thrown) => thrown);
    expect(told).toMatchObject({ code: 'upstream_rate_limited' });
    expect(refused.lane.running).toBe(0);
    const broken = ground();
    const nonsense = async (): Promise<RunningAttempt> => {
      throw new GatewayError('upstream_invalid_response', 'Nonsense.');
    };
    await broken.send(nonsense).answer.catch(() => undefined);
    expect(broken.lane.running).toBe(0);
  });

  test('stopped before it was sent: nobody is asked', async () => {
    const { lane, send } = ground();
    const first = await send(taken).answer;
    const { abort, answer } = send(taken);
    const gone = new GatewayError('client_closed', 'gone');
    abort.trigger(gone);
    expect(await answer.catch((thrown) => thrown)).toBe(gone);
    expect([lane.running, lane.waiting]).toEqual([1, 0]);
    first.release();
  });
});
