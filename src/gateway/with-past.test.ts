// What a plan waits for: nothing, unless it asks what the request says.
import { expect, test } from 'bun:test';
import type { GatewayError } from '../core/errors.ts';
import { DIALECTS } from '../dialects/index.ts';
import { Abort } from '../lib/abort.ts';
import { Continuation } from './continuation.ts';
import { readInbound } from './inbound.ts';
import type { Snapshot } from './snapshot.ts';
import { asRouted } from './with-past.ts';

const known = {
  providers: new Map([['p', {}]]),
  routers: new Map(),
  aliases: new Map(),
} as unknown as Snapshot;
const never = () => new Promise<never>(() => undefined);
const read = (model: string) => {
  const body = { model, input: 'two', previous_response_id: 'resp_1', temperature: 0.5 };
  return readInbound(DIALECTS['openai-responses'], JSON.stringify(body), new Headers());
};
const from = { tenant: 't', id: 'resp_1', maxBytes: 1e6, abort: new Abort<GatewayError>() };

test('a model of a provider is asked without a look-up', () => {
  const continuation = new Continuation({ find: never, isAnothers: never }, from);
  const inbound = { ...read('p/m'), continuation };
  expect(asRouted(inbound, known)).toBe(inbound);
  const whole = read('m');
  expect(asRouted(whole, known)).toBe(whole);
});

test('one of several is chosen by the whole conversation, whose request stays as it is', async () => {
  const input = [{ role: 'user', content: 'one' }];
  const find = async () => ({
    response: { id: 'resp_1', output: [{ type: 'message', role: 'assistant', content: 'Yes?' }] },
    input,
    previous: null,
    provider: 'p',
    key: null,
    storedThere: true,
    held: null,
  });
  const continuation = new Continuation({ find, isAnothers: never }, from);
  const inbound = { ...read('m'), continuation };
  const { body, dialect, options, user } = await asRouted(inbound, known);
  expect(dialect.survey(body).turns.map(({ role, text }) => `${role}: ${text}`)).toEqual([
    'user: one',
    'assistant: Yes?',
    'user: two',
  ]);
  expect([body.model, body.temperature, options, user]).toEqual(['m', 0.5, inbound.options, null]);
  expect(inbound.body.input).toBe('two');
});

test('and by the request alone where nothing is known of it', async () => {
  const continuation = new Continuation({ find: async () => null, isAnothers: never }, from);
  const inbound = { ...read('m'), continuation };
  expect(await asRouted(inbound, known)).toBe(inbound);
});
