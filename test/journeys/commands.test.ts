// Slash commands of coding agents: the last one somebody typed decides, from each wire, and no model ever sees it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asArray, asObject, type Json, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(wires.yaml);
  const made = await gateway.post('/router/v1/routers', {
    name: 'agent',
    commands: { review: 'beta/echo', code: { model_id: 'beta/echo', variant_id: 'coder' } },
    routes: [
      {
        condition: { cel_expression: 'command == "docs"' },
        route: {
          route_id: 'docs',
          variants: [{ variant: { model_id: 'beta/echo' }, weight: 100 }],
        },
      },
      {
        condition: { cel_expression: 'command in ["Audit", "Audit-All"]' },
        route: {
          route_id: 'audit',
          variants: [{ variant: { model_id: 'beta/echo' }, weight: 100 }],
        },
      },
    ],
    defaultRoute: { variants: [{ variant: { model_id: 'alpha/echo' }, weight: 100 }] },
  });
  expect(made.status).toBe(200);
});
beforeEach(() => {
  wires.alpha.clear();
  wires.beta.clear();
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

/** Whom the router asked, by which route, and what came there. */
async function asked(
  path: string,
  body: JsonObject,
): Promise<{ readonly model: string; readonly route: string; readonly sent: string }> {
  const reply = await gateway.post(path, { model: 'router/agent', ...body });
  expect(reply.status).toBe(200);
  const whole = asObject(parseJson(await reply.text())) ?? {};
  const metadata = asObject(path.endsWith('responses') ? whole.gateway_metadata : whole.metadata);
  expect(wires.alpha.received + wires.beta.received).toBe(1);
  const [request] = [...wires.alpha.requests, ...wires.beta.requests];
  return {
    model: String(metadata?.actual_model),
    route: String(metadata?.route_id),
    sent: request?.body ?? '',
  };
}

const user = (content: Json) => ({ role: 'user', content });
const said = { role: 'assistant', content: 'Done.' };

describe.each([
  ['Chat Completions', '/v1/chat/completions', (turns: Json[]) => ({ messages: turns })],
  ['Messages', '/v1/messages', (turns: Json[]) => ({ max_tokens: 64, messages: turns })],
  ['Responses', '/v1/responses', (turns: Json[]) => ({ input: turns })],
] as const)('from %s', (_name, path, body) => {
  const ask = (...turns: Json[]) => asked(path, body(turns) as JsonObject);

  test('a command reaches its variant and is cut', async () => {
    const { model, route, sent } = await ask(user('/review the parser, please'));
    expect({ model, route }).toEqual({ model: 'beta/echo', route: 'command-review' });
    expect(sent).toContain('the parser, please');
    expect(sent).not.toContain('/review');
    wires.beta.clear();
    const shouted = await ask(user('/Review the lexer'));
    expect(shouted.route).toBe('command-review');
    expect(shouted.sent).not.toMatch(/\/review/i);
  });

  test('it stays in force until the next one, in the whole conversation', async () => {
    const { route, sent } = await ask(user('/review the parser'), said, user('and the lexer'));
    expect(route).toBe('command-review');
    expect(sent).toContain('and the lexer');
    expect(sent).not.toContain('/review');
    wires.beta.clear();
    const next = await ask(user('/review the parser'), said, user('/code a test for it'));
    expect(next.route).toBe('command-code');
    expect(next.sent).not.toMatch(/\/(?:review|code)/);
  });

  test('/model goes back to the default, without a word of it', async () => {
    const { model, sent } = await ask(user('/code a test'), said, user('/model now tell me why'));
    expect(model).toBe('alpha/echo');
    expect(sent).toContain('now tell me why');
    expect(sent).not.toMatch(/\/(?:model|code)/);
  });

  test('a condition may ask for one too', async () => {
    expect(await ask(user('/docs for the parser'))).toMatchObject({ route: 'docs' });
  });

  test('one that a condition spells with capitals counts and is cut however it is typed', async () => {
    for (const typed of ['/Audit', '/audit', '/AUDIT']) {
      wires.beta.clear();
      const { route, sent } = await ask(user(`${typed} the parser`));
      expect(route).toBe('audit');
      expect(sent).toContain('the parser');
      expect(sent).not.toContain(typed);
    }
  });

  test('what only looks like one is text', async () => {
    for (const text of [
      '/usr/bin/env is missing',
      'see /review',
      '/unknown thing',
      '/reviewer x',
    ]) {
      wires.alpha.clear();
      const { model, sent } = await ask(user(text));
      expect(model).toBe('alpha/echo');
      expect(sent).toContain(text);
    }
  });
});

describe('what agents put beside what was typed', () => {
  const REMINDER = '<system-reminder>\n/code is a command the user may type.\n</system-reminder>';

  test('reminders and results of tools are nobody’s typing', async () => {
    const { route, sent } = await asked('/v1/messages', {
      max_tokens: 64,
      tools: [{ name: 'run', input_schema: { type: 'object' } }],
      messages: [
        user([
          { type: 'text', text: REMINDER },
          { type: 'text', text: '/review this file' },
        ]),
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'toolu_1', name: 'run', input: {} }],
        },
        user([
          { type: 'tool_result', tool_use_id: 'toolu_1', content: '/code was the last line' },
          { type: 'text', text: REMINDER },
        ]),
      ],
    });
    expect(route).toBe('command-review');
    const messages = asArray(asObject(parseJson(sent))?.messages);
    expect(JSON.stringify(messages[0])).toContain('this file');
    expect(JSON.stringify(messages[0])).not.toContain('/review');
    // Everything else is as the agent wrote it.
    expect(JSON.stringify(messages[0])).toContain('/code is a command');
    expect(JSON.stringify(messages[2])).toContain('/code was the last line');
  });

  test('a custom command that the agent expanded counts as typed', async () => {
    const { route } = await asked('/v1/messages', {
      max_tokens: 64,
      messages: [
        user(
          '<command-message>review is running…</command-message>\n<command-name>/review</command-name>\n<command-args>src</command-args>',
        ),
      ],
    });
    expect(route).toBe('command-review');
  });
});

test('the log says which command it was', async () => {
  await asked('/v1/chat/completions', { messages: [user('/code x')] });
  expect((await gateway.rows()).at(-1)).toMatchObject({
    route_id: 'command-code',
    variant_id: 'coder',
    facts: { command: 'code' },
  });
});
