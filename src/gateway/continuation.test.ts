// What a request waits for before it is sent ends with the request: its caller's hang-up, its total time.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import { DIALECTS } from '../dialects/index.ts';
import { Abort } from '../lib/abort.ts';
import { Continuation } from './continuation.ts';
import { readInbound } from './inbound.ts';
import { withReferencedItems } from './item-references.ts';
import type { StoredResponse } from './stored-responses.ts';

const GENERATION = '01890a5d-ac96-774b-bcce-b302099a8057';
const item = (at: number) => ({ type: 'item_reference', id: `msg_${GENERATION}_${at}` });
const inbound = (input: unknown) => {
  const body = { model: 'p/m', previous_response_id: 'resp_1', input };
  return readInbound(DIALECTS['openai-responses'], JSON.stringify(body), new Headers());
};
const asked = { wire: 'openai-chat', provider: 'p', key: null } as const;
const from = { tenant: 't', id: 'resp_1', maxBytes: 1e6 };
const never = () => new Promise<never>(() => undefined);
const answer: StoredResponse = {
  response: { id: 'resp_1', output: [] },
  input: [],
  previous: 'resp_0',
  provider: 'p',
  key: null,
  storedThere: false,
  held: null,
};

describe('the conversation before', () => {
  const found: { readonly [id: string]: Partial<StoredResponse> } = {
    resp_1: { previous: 'resp_0', input: [{ role: 'user', content: 'two' }] },
    resp_0: { previous: null, input: [{ role: 'user', content: 'one' }] },
    lost: { previous: 'nowhere' },
    held: { previous: null, held: 'conversation' },
  };
  const pastOf = (id: string, maxBytes = from.maxBytes) => {
    const looked: string[] = [];
    const find = async (_: string, asked: string) => {
      looked.push(asked);
      const stored = found[asked];
      return stored === undefined ? null : { ...answer, ...stored };
    };
    const stored = { find, isAnothers: async () => false };
    const abort = new Abort<GatewayError>();
    const continuation = new Continuation(stored, { ...from, id, maxBytes, abort });
    return { continuation, looked, abort };
  };

  test('is there in its order, and looked up once for plan and request', async () => {
    const { continuation, looked } = pastOf('resp_1');
    expect(await continuation.past()).toEqual([
      { role: 'user', content: 'one' },
      { role: 'user', content: 'two' },
    ]);
    const whole = await continuation.requestFor(inbound('Hi'), asked);
    expect(whole.body.input).toMatchObject([
      { content: 'one' },
      { content: 'two' },
      { content: [{ text: 'Hi' }] },
    ]);
    expect(looked).toEqual(['resp_1', 'resp_0']);
  });

  test.each(['unknown', 'lost', 'held'])('is not known where it is not here: %s', async (id) => {
    expect(await pastOf(id).continuation.past()).toBeNull();
  });

  test('is not known where it is too large', async () => {
    expect(await pastOf('resp_1', 10).continuation.past()).toBeNull();
  });

  test('is not waited for by a request that is over', async () => {
    const { continuation, abort } = pastOf('resp_1');
    const hungUp = new GatewayError('client_closed', 'The caller is gone.');
    const waiting = continuation.past().catch((thrown) => thrown);
    abort.trigger(hungUp);
    expect(await waiting).toBe(hungUp);
  });
});

describe('a look-up that takes its time is left alone', () => {
  const hungUp = new GatewayError('client_closed', 'The caller is gone.');

  test('for the response a request goes on from', async () => {
    const abort = new Abort<GatewayError>();
    const continuation = new Continuation({ find: never, isAnothers: never }, { ...from, abort });
    const waiting = continuation.requestFor(inbound('Hi'), asked).catch((thrown) => thrown);
    abort.trigger(hungUp);
    expect(await waiting).toBe(hungUp);
  });

  test('for those before it, of which no more are looked for', async () => {
    const abort = new Abort<GatewayError>();
    const looked: string[] = [];
    const find = async (_: string, id: string) => {
      looked.push(id);
      if (id === 'resp_0') abort.trigger(hungUp);
      return { ...answer, previous: `before ${id}` };
    };
    const stored = {
      find: async (t: string, id: string) => (id === 'resp_1' ? answer : find(t, id)),
      isAnothers: never,
    };
    const continuation = new Continuation(stored, { ...from, abort });
    expect(await continuation.requestFor(inbound('Hi'), asked).catch((thrown) => thrown)).toBe(
      hungUp,
    );
    expect(looked).toEqual(['resp_0']);
  });

  test('for items it refers to, all asked for at once', async () => {
    const abort = new Abort<GatewayError>();
    const asked: ReadonlySet<string>[] = [];
    const findAll = (_: string, ids: ReadonlySet<string>) => {
      asked.push(ids);
      return never();
    };
    const waiting = withReferencedItems(inbound([item(0), item(1)]), { findAll }, 't', abort);
    const outcome = Promise.resolve(waiting).catch((thrown) => thrown);
    abort.trigger(hungUp);
    expect(await outcome).toBe(hungUp);
    expect(asked).toEqual([new Set([`resp_${GENERATION}`])]);
  });
});
