// The facts of a request: found when asked, once, and the same on all wires.
import { describe, expect, test } from 'bun:test';
import type { CallerDialectId } from '../core/dialect.ts';
import { DIALECTS } from '../dialects/index.ts';
import type { Json } from '../lib/json.ts';
import { OPERATIONS } from '../operations/index.ts';
import { readInbound } from './inbound.ts';
import { readOperation } from './operation-inbound.ts';
import { operationFacts, requestFacts } from './request-facts.ts';

type Body = { readonly [field: string]: Json };

function factsOf(wire: CallerDialectId, body: Body, headers: { [name: string]: string } = {}) {
  const inbound = readInbound(DIALECTS[wire], JSON.stringify(body), new Headers(headers));
  return requestFacts(inbound, 'gen-1');
}

const TURNS = [
  { role: 'user', content: '/review Hola, necesito ayuda con mi código' },
  { role: 'assistant', content: '¿Qué pasa?' },
  { role: 'user', content: 'No funciona desde ayer y no sé por qué' },
];
const WIRES: readonly (readonly [CallerDialectId, Body])[] = [
  ['openai-chat', { model: 'a/b', messages: TURNS }],
  ['openai-responses', { model: 'a/b', input: TURNS }],
  ['anthropic-messages', { model: 'a/b', max_tokens: 10, messages: TURNS }],
];

describe('the facts of a chat request', () => {
  test.each(WIRES)('%s', (wire, body) => {
    const facts = factsOf(
      wire,
      { ...body, metadata: { plan: 'free', seats: 3 } },
      {
        'x-switchyard-user': 'u1',
      },
    );
    expect(facts).toMatchObject({
      id: 'gen-1',
      user: 'u1',
      model: 'a/b',
      metadata: { plan: 'free', seats: 3 },
      promptVariables: {},
    });
    expect(facts.sessionDepth()).toBe(2);
    expect(facts.language()).toBe('es');
    expect(facts.command(new Set(['review']))).toBe('review');
    expect(facts.command(new Set(['code']))).toBe('');
    expect(facts.promptTokens()).toBeGreaterThan(20);
    expect(facts.promptTokens()).toBeLessThan(70);
    expect(facts.complexity()).toBeGreaterThan(0);
    expect(facts.complexity()).toBeLessThan(0.7);
  });

  test('nothing is looked at before somebody asks, and then once', () => {
    const inbound = readInbound(
      DIALECTS['openai-chat'],
      JSON.stringify({ model: 'a/b', messages: TURNS }),
      new Headers(),
    );
    let surveys = 0;
    const dialect = {
      ...inbound.dialect,
      survey: (body: Body) => {
        surveys++;
        return inbound.dialect.survey(body);
      },
    };
    const facts = requestFacts({ ...inbound, dialect }, 'gen-1');
    expect(surveys).toBe(0);
    facts.language();
    facts.promptTokens();
    facts.command(null);
    expect(facts.survey()).toBe(facts.survey());
    expect(surveys).toBe(1);
  });

  test('tools and calls of them are prompt too', () => {
    const parameters = {
      type: 'object',
      properties: {
        place: { type: 'string', description: 'Where it is, as a town and a country' },
      },
    };
    const tool = {
      type: 'function',
      function: { name: 'weather', description: 'The weather of a place', parameters },
    };
    const call = {
      id: 'c1',
      type: 'function',
      function: { name: 'weather', arguments: JSON.stringify({ place: 'Oslo '.repeat(40) }) },
    };
    const bare = { model: 'a/b', messages: [{ role: 'user', content: 'hi' }] };
    const plain = factsOf('openai-chat', bare).promptTokens();
    const tooled = factsOf('openai-chat', { ...bare, tools: [tool] }).promptTokens();
    const called = factsOf('openai-chat', {
      ...bare,
      tools: [tool],
      messages: [
        ...bare.messages,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: '' },
      ],
    }).promptTokens();
    expect(tooled - plain).toBeGreaterThan(25);
    expect(tooled - plain).toBeLessThan(80);
    expect(called - tooled).toBeGreaterThan(40);
  });
});

describe('the facts of a request beside chat', () => {
  const of = (operation: keyof typeof OPERATIONS, body: Body) =>
    operationFacts(
      readOperation(
        OPERATIONS[operation],
        { kind: 'json', text: JSON.stringify(body) },
        new Headers(),
        null,
      ),
      'gen-2',
    );

  test.each([
    ['embeddings', { model: 'a/b', input: ['Hola, necesito ayuda', 'con mi pedido de ayer'] }],
    ['rerank', { model: 'a/b', query: 'Hola, necesito ayuda con mi pedido', documents: ['x'] }],
    [
      'images.generations',
      { model: 'a/b', prompt: 'Un perro que juega en la playa con sus amigos' },
    ],
  ] as const)('%s: its words are a turn', (operation, body) => {
    const facts = of(operation, body);
    expect(facts.language()).toBe('es');
    expect(facts.sessionDepth()).toBe(1);
    expect(facts.promptTokens()).toBeGreaterThan(5);
    expect(facts.survey().tools).toBe(false);
  });

  test('lists of tokens have no words', () => {
    const facts = of('embeddings', { model: 'a/b', input: [[1, 2, 3]] });
    expect(facts.survey().turns).toEqual([]);
    expect([facts.language(), facts.complexity(), facts.command(null)]).toEqual(['', 0, '']);
  });
});
