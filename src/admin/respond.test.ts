// A query that says two things of one parameter is refused: taking one of them would answer what nobody asked.
import { expect, test } from 'bun:test';
import { Hono } from 'hono';
import { toGatewayError } from '../core/errors.ts';
import { queryOf } from './respond.ts';

async function asked(query: string): Promise<unknown> {
  const app = new Hono();
  app.get('/', (c) => c.json(queryOf(c)));
  app.onError((thrown, c) => c.text(toGatewayError(thrown).message, 400));
  const reply = await app.request(`/?${query}`);
  return reply.ok ? reply.json() : reply.text();
}

test('each parameter once; an empty one is told as it is', async () => {
  expect(await asked('user=ann%26bob&model=')).toEqual({ user: 'ann&bob', model: '' });
  for (const twice of ['user=ann&user=bob', 'user=ann&model=x&user=ann', 'user&user=ann'])
    expect(await asked(twice)).toBe('user must stand in the query only once');
});
