// What is asked of a provider that is to go on with another's answer, and what is left when nobody waits for it any more.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { asObject, asObjects, parseJson } from '../../src/lib/json.ts';
import { call, openaiCaller as caller, trailOf } from './callers.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
let gateway: GatewayUnderTest;
let whole: ReturnType<typeof startWhole>;
let endless: ReturnType<typeof startEndless>;

beforeAll(async () => {
  whole = startWhole();
  endless = startEndless();
  gateway = await startGateway(
    wires.yaml.replace(
      '\nmodels:',
      `\n  whole: { dialect: openai-chat, base_url: "${whole.url}", api_key: k }
  endless: { dialect: openai-chat, base_url: "${endless.url}", api_key: k }\nmodels:`,
    ),
  );
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
  whole.stop();
  endless.stop();
});
afterEach(() => {
  alpha.clear();
  beta.clear();
});

const ANYTHING = { type: 'object', properties: { name: { type: 'string' } } };
const CUT = 'alpha/echo+tokens=30+cut=12';

/** A provider that answers streamed calls with a whole reply, and counts nothing. Its model `mute` says nothing either. */
function startWhole() {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) =>
      Response.json({
        id: 'w',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: (await request.text()).includes('"mute"') ? '' : 'x'.repeat(40),
            },
            finish_reason: 'stop',
          },
        ],
      }),
  });
  return { url: `http://127.0.0.1:${server.port}/v1`, stop: () => void server.stop(true) };
}

/** A provider whose streamed answers never end. */
function startEndless() {
  let cancelled = 0;
  const choices = [{ index: 0, delta: { content: ' on'.repeat(100_000) }, finish_reason: null }];
  const frame = `data: ${JSON.stringify({ id: 'e', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            await Bun.sleep(0);
            controller.enqueue(new TextEncoder().encode(frame));
          },
          cancel: () => {
            cancelled += 1;
          },
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      ),
  });
  const url = `http://127.0.0.1:${server.port}/v1`;
  return { url, cancelled: () => cancelled, stop: () => void server.stop(true) };
}

describe('who is to go on', () => {
  test('in words is asked once, and one that may refuse the beginning of its answer once more', async () => {
    for (const [model, times] of [
      ['beta/echo+status=400', 1],
      ['beta/claude-sonnet-4-5+status=400', 2],
    ] as const) {
      beta.clear();
      const heard = await call(gateway, caller, CUT, { models: [model], stream: true });
      expect(trailOf(heard).map(([, , told]) => told)).toEqual([
        'upstream_stream_truncated',
        'upstream_invalid_request',
      ]);
      expect(beta.received).toBe(times);
    }
  });

  test('has no prompt-cache mark where nobody will ever read it', async () => {
    const heard = await call(gateway, caller, CUT, {
      models: ['beta/echo+tokens=30'],
      stream: true,
      prompt_caching: { mode: 'auto' },
    });
    expect(heard).toMatchObject({ ended: true, error: null });
    expect(heard.metadata).toMatchObject({
      resumed: true,
      added: ['messages[0]: prompt-cache mark'],
    });
    const body = asObject(parseJson(beta.requests[0]?.body ?? ''));
    const marked = asObjects(body?.messages).map((turn) =>
      JSON.stringify(turn).includes('cache_control'),
    );
    expect(marked).toEqual([true, false, false]);
  });

  test('and does so with a whole reply is counted once', async () => {
    const heard = await call(gateway, caller, CUT, { models: ['whole/m'], stream: true });
    expect(heard).toMatchObject({ ended: true, error: null });
    const attempts = asObjects(heard.metadata?.attempts);
    expect(attempts.map(({ usage }) => asObject(usage)?.output_tokens)).toEqual([18, 10]);
  });
});

test('a call is held back only where another could go on with what came before it', async () => {
  for (const cited of [false, true]) {
    const stopped = Promise.withResolvers<void>();
    const annotation = { type: 'url_citation', url_citation: { url: 'https://e.org', title: 'E' } };
    const chunk = (delta: object) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
    const calls = [
      { index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{' } },
    ];
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () =>
        new Response(
          new ReadableStream({
            start(controller) {
              const said = cited
                ? { content: 'As E says.', annotations: [annotation] }
                : { content: 'I say.' };
              for (const delta of [
                { role: 'assistant', ...said },
                { content: ' So' },
                { tool_calls: calls },
              ])
                controller.enqueue(new TextEncoder().encode(chunk(delta)));
              void stopped.promise.then(() => controller.close());
            },
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
    });
    const url = `http://127.0.0.1:${server.port}/v1`;
    const one = await startGateway(
      wires.yaml.replace(
        '\nmodels:',
        `\n  calling: { dialect: openai-chat, base_url: "${url}", api_key: k }\nmodels:`,
      ),
    );
    const response = await one.post(
      caller.path,
      caller.body('calling/m', { models: ['beta/echo'], stream: true }),
    );
    let text = '';
    const reader = response.body?.getReader();
    const read = async () => {
      const piece = await reader?.read();
      text += new TextDecoder().decode(piece?.value ?? new Uint8Array());
    };
    while (!text.includes(' So') || (cited && !text.includes('"tool_calls"'))) await read();
    // The stream stands still after the call: what is not held would be here.
    if (!cited) await Promise.race([read(), Bun.sleep(100)]);
    expect(text).toContain(' So');
    expect(text.includes('"tool_calls"')).toBe(cited);
    await reader?.cancel();
    stopped.resolve();
    await one.stop();
    await server.stop(true);
  }
});

test('who says nothing is believed only where nobody else can be asked', async () => {
  const alone = await call(gateway, caller, CUT, { models: ['whole/mute'], stream: true });
  expect(alone).toMatchObject({ ended: true, error: null, metadata: { resumed: true } });
  const models = ['whole/mute', 'beta/echo+tokens=30'];
  const heard = await call(gateway, caller, CUT, { models, stream: true });
  expect(heard).toMatchObject({ ended: true, error: null });
  expect(trailOf(heard).map(([, , told]) => told)).toEqual([
    'upstream_stream_truncated',
    'upstream_invalid_response',
    'ok',
  ]);
});

test('who is cut at the limit of the answer is shown as far as it came, whatever its form', async () => {
  const heard = await call(gateway, caller, 'alpha/json+cut=3', {
    models: ['beta/echo+say=more+finish=max_tokens'],
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: ANYTHING } },
    stream: true,
  });
  expect(heard).toMatchObject({ ended: true, error: null, finish: 'length' });
  expect(heard.text.endsWith('more')).toBe(true);
});

test('who never ends is not held for ever while its form is to be checked', async () => {
  const heard = await call(gateway, caller, 'alpha/json+cut=3', {
    models: ['endless/m'],
    stream: true,
    response_format: { type: 'json_schema', json_schema: { name: 'all', schema: ANYTHING } },
  });
  expect(heard.error).toMatchObject({ code: 'upstream_invalid_response' });
  expect(heard.raw.length).toBeLessThan(100_000);
  await until(() => endless.cancelled() === 1);
});

test('who does not go on as it was asked to is not ill', async () => {
  const watching = await startGateway(wires.yaml.replace('health: { enabled: false }', ''));
  try {
    const heard = await call(watching, caller, CUT, { models: ['beta/echo'], stream: true });
    expect(heard.error).toMatchObject({ code: 'upstream_invalid_response' });
    const report = watching.gateway.health
      .report()
      .filter(({ target }) => target.provider === 'beta');
    expect(report).toMatchObject([{ requests: 0, errors: 0, inFlight: 0 }]);
  } finally {
    await watching.stop();
  }
});

test('a caller who hangs up while another is asked to go on leaves nothing behind', async () => {
  const before = (await gateway.rows()).length;
  const controller = new AbortController();
  const response = await fetch(gateway.url + caller.path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(
      caller.body(CUT, { models: ['beta/echo+ttft=5000', 'beta/echo'], stream: true }),
    ),
    signal: controller.signal,
  });
  await response.body?.getReader().read();
  await until(() => beta.received === 1);
  controller.abort();
  await until(() => beta.requests[0]?.clientAborted === true);
  expect(beta.received).toBe(1);
  expect(gateway.gateway.load.total).toBe(0);
  const rows = (await gateway.rows()).slice(before);
  expect(
    rows.map(({ outcome, attempts }) => [outcome, attempts.map(({ error }) => error)]),
  ).toEqual([['aborted', ['upstream_stream_truncated', 'client_closed']]]);
});
