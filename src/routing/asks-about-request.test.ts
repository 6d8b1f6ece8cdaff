// Whose plan waits to know what a request says: a name that leaves nothing to choose asks nothing.
import { expect, test } from 'bun:test';
import { asksAboutRequest } from './asks-about-request.ts';

const known = {
  providers: new Map([['openai', {}]]),
  routers: new Map([['shop', {}]]),
  aliases: new Map([['oai', 'openai']]),
} as unknown as Parameters<typeof asksAboutRequest>[1];

test.each([
  ['router/shop', true],
  ['Routers/Shop', true],
  ['auto', true],
  ['gpt-5.4', true],
  ['someone/served-by-another', true],
  ['openai/gpt-5.4', false],
  ['OpenAI/gpt-5.4', false],
  ['oai/auto', false],
])('%s: %p', (name, asks) => {
  expect(asksAboutRequest(name, known)).toBe(asks);
});
