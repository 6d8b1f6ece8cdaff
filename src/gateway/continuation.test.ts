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
