// The bill beside the log: traffic through a gateway, the bill as the providers counted it, imported, compared to the token.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';

const DAY_MS = 86_400_000;
const ADMIN_SECRET = 'sk-ant-admin-secret-of-the-test';

/** What a provider counted of one request. */
interface Counted {
  readonly input: number;
  readonly cached: number;
  readonly written: number;
  readonly output: number;
}

/** Answers chat on both wires and counts; refuses what asks for "busy". It also serves Anthropic's reports, of what it counted. */
function startCounting() {
  const openai: Counted[] = [];
  const anthropic: Counted[] = [];
  let turn = 0;
  const next = (): Counted => {
    turn += 1;
    return { input: 1000 + 7 * turn, cached: 64 * turn, written: 11 * turn, output: 30 + turn };
  };
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname.startsWith('/v1/organizations/')) {
        if (request.headers.get('x-api-key') !== ADMIN_SECRET)
          return Response.json({ error: { message: 'invalid x-api-key' } }, { status: 401 });
        return Response.json(report(pathname, searchParams.get('starting_at') ?? '', anthropic));
      }
      const body = (await request.json()) as JsonObject;
      if (JSON.stringify(body).includes('busy'))
        return Response.json({ error: { message: 'busy', type: 'rate_limit' } }, { status: 429 });
      const counted = next();
      if (pathname.endsWith('/messages')) {
        anthropic.push(counted);
        return Response.json(message(counted));
      }
      openai.push(counted);
      return body.stream === true ? streamed(counted) : Response.json(completion(counted));
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    openai,
    anthropic,
    stop: () => server.stop(true),
  };
}

function usageOf({ input, cached, output }: Counted) {
  return {
    prompt_tokens: input + cached,
    completion_tokens: output,
    total_tokens: input + cached + output,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

const ofChat = { id: 'c1', created: 1, model: 'gpt-4o-2024-08-06' };

function completion(counted: Counted) {
  const message = { role: 'assistant', content: 'Hello' };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { ...ofChat, object: 'chat.completion', choices, usage: usageOf(counted) };
}

function streamed(counted: Counted): Response {
  const chunk = (more: object) =>
    `data: ${JSON.stringify({ ...ofChat, object: 'chat.completion.chunk', ...more })}\n\n`;
  const choice = (delta: object, finish_reason: string | null) => [
    { index: 0, delta, finish_reason },
  ];
  const text = [
    chunk({ choices: choice({ role: 'assistant', content: 'Hel' }, null) }),
    chunk({ choices: choice({ content: 'lo' }, null) }),
    chunk({ choices: choice({}, 'stop') }),
    chunk({ choices: [], usage: usageOf(counted) }),
    'data: [DONE]\n\n',
  ].join('');
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}

function message({ input, cached, written, output }: Counted) {
  return {
    ...{ id: 'm1', type: 'message', role: 'assistant', model: 'claude-haiku-4-5-20251001' },
    ...{ content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn', stop_sequence: null },
    usage: {
      ...{ input_tokens: input, output_tokens: output, cache_read_input_tokens: cached },
      cache_creation_input_tokens: written,
      cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
    },
  };
}

/** One bucket a page: all that was counted is of the day that is asked for first. */
function report(pathname: string, from: string, counted: readonly Counted[]) {
  const sum = total(counted);
  // Dollars a million: 1 in, 0.1 read, 1.25 written, 5 out. In cents.
  const cents = (sum.input * 100 + sum.cached * 10 + sum.written * 125 + sum.output * 500) / 1e6;
  const about = { model: 'claude-haiku-4-5-20251001', api_key_id: null, service_tier: 'standard' };
  const usage = {
    ...{ ...about, uncached_input_tokens: sum.input, cache_read_input_tokens: sum.cached },
    cache_creation: { ephemeral_5m_input_tokens: sum.written, ephemeral_1h_input_tokens: 0 },
    ...{ output_tokens: sum.output, server_tool_use: { web_search_requests: 0 } },
  };
  const cost = { ...about, currency: 'USD', amount: String(cents), cost_type: 'tokens' };
  const results = [pathname.endsWith('/cost_report') ? cost : usage];
  const ending = new Date(Date.parse(from) + DAY_MS).toISOString();
  return {
    data: [{ starting_at: from, ending_at: ending, results }],
    has_more: false,
    next_page: null,
  };
}

function total(counted: readonly Counted[]) {
  const sum = { input: 0, cached: 0, written: 0, output: 0 };
  for (const one of counted)
    for (const name of ['input', 'cached', 'written', 'output'] as const) sum[name] += one[name];
  return sum;
}

/** As the dashboard exports it: a row a request here, which is as good as any grouping. */
function usageCsv(
  day: string,
  counted: readonly Counted[],
  model = 'gpt-4o-2024-08-06',
  key = 'key_gateway',
): string {
  const start = Date.parse(day) / 1000;
  const header =
    'start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens';
  const rows = counted.map(
    ({ input, cached, output }) =>
      `${start},${start + 86_400},${day}T00:00:00+00:00,,proj_a,1.0,user_a,${key},${model},FALSE,default,${input + cached}.0,${output}.0,${cached}.0,${input}.0`,
  );
  return [header, ...rows].join('\n');
}

/** gpt-4o: 2.5 in, 1.25 cached, 10 out, dollars a million. */
function costsCsv(day: string, counted: readonly Counted[]): string {
  const start = Date.parse(day) / 1000;
  const { input, cached, output } = total(counted);
  const items = [
    ['input', input * 2500],
    ['cached input', cached * 1250],
    ['output', output * 10_000],
  ] as const;
  const usd = (nano: number) => `${(nano / 1e9).toFixed(9)}0000000000000000`;
  const rows = items.map(
    ([item, nano]) =>
      `${start},${start + 86_400},${day}T00:00:00+00:00,,${usd(nano)},usd,,,"gpt-4o-2024-08-06, ${item}"`,
  );
  const header =
    'start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item';
  return [header, ...rows].join('\n');
}

let counting: ReturnType<typeof startCounting>;
let gateway: GatewayUnderTest;
let day: string;

const headers = { authorization: `Bearer ${ADMIN_KEY}` };

async function importBill(body: string): Promise<JsonObject> {
  const response = await fetch(`${gateway.url}/router/v1/reconciliation/imports?name=bill.csv`, {
    ...{ method: 'POST', headers, body },
  });
  const told = (await response.json()) as JsonObject;
  expect([response.status, told]).toEqual([200, expect.anything()]);
  return told;
}

async function ask(path: string): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const response = await fetch(gateway.url + path, { headers });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function linesOf(provider: string, more = ''): Promise<readonly JsonObject[]> {
  const { status, body } = await ask(`/router/v1/reconciliation?provider=${provider}${more}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return asObjects(body.lines);
}

await onBothEngines(() => {
  beforeAll(async () => {
    counting = startCounting();
    // By its clock the day of these requests is long over.
    const now = () => Date.now() + 3 * DAY_MS;
    gateway = await startGateway(
      `
health: { enabled: false }
retries: 0
providers:
  openai: { base_url: "${counting.url}/v1", api_key: k1 }
  anthropic: { base_url: "${counting.url}/v1", api_key: k2 }
`,
      { ANTHROPIC_ADMIN_KEY: ADMIN_SECRET, ANTHROPIC_ADMIN_BASE_URL: counting.url },
      { now },
    );
    const hello = [{ role: 'user' as const, content: 'Hello' }];
    for (let at = 0; at < 4; at += 1)
      await gateway.openai().chat.completions.create({ model: 'openai/gpt-4o', messages: hello });
    const stream = await gateway
      .openai()
      .chat.completions.create({ model: 'openai/gpt-4o', messages: hello, stream: true });
    for await (const _ of stream);
    for (let at = 0; at < 3; at += 1)
      await gateway
        .anthropic()
        .messages.create({ model: 'anthropic/claude-haiku-4-5', max_tokens: 100, messages: hello });
    // Refused: an attempt in the log, on nobody's bill.
    const busy = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'busy' }] };
    expect((await gateway.post('/v1/chat/completions', busy)).status).toBe(429);
    const rows = await gateway.rows();
    expect(rows).toHaveLength(9);
    const days = new Set(rows.map(({ at }) => at.slice(0, 10)));
    if (days.size > 1) throw new Error('midnight (UTC) came in between: run it again');
    day = [...days][0] ?? '';
  });
  afterAll(async () => {
    await gateway.stop();
    counting.stop();
  });

  describe('an export', () => {
    test('before there is one', async () => {
      const { status, body } = await ask('/router/v1/reconciliation?provider=openai');
      expect(status).toBe(404);
      expect(asObject(body.error)?.message).toContain('has been imported yet');
    });

    test('what the provider counted is what the log has: no drift, to the token and the billionth', async () => {
      const kept = await importBill(usageCsv(day, counting.openai));
      expect(kept).toMatchObject({
        provider: 'openai',
        from: day,
        to: day,
        statements: ['usage.completions'],
        name: 'bill.csv',
      });
      await importBill(costsCsv(day, counting.openai));
      const [line, ...others] = await linesOf('openai');
      expect(others).toEqual([]);
      const { input, cached, output } = total(counting.openai);
      const same = (count: number) => ({ log: count, bill: count, difference: 0, percent: 0 });
      expect(line).toMatchObject({ day, model: 'gpt-4o-2024-08-06', verdict: 'match', why: [] });
      expect(line?.names).toEqual({ log: ['openai/gpt-4o'], bill: ['gpt-4o-2024-08-06'] });
      expect(line?.counts).toEqual({
        requests: same(5),
        input: same(input),
        cache_read: same(cached),
        output: same(output),
      });
      expect(line?.cost_usd).toEqual(same((input * 2500 + cached * 1250 + output * 10_000) / 1e9));
    });

    test('the rows behind a line are where it says', async () => {
      const [line] = await linesOf('openai');
      const [address] = (line?.logs ?? []) as readonly string[];
      const { status, body } = await ask(address ?? '');
      const rows = asObjects(body.logs);
      expect([status, rows.length]).toEqual([200, 6]);
      for (const row of rows)
        expect(asObjects(row.attempts).map(({ model }) => model)).toEqual(['openai/gpt-4o']);
    });

    test('a row less in the bill: the difference is that request, and nothing else', async () => {
      const [dropped, ...rest] = counting.openai;
      await importBill(usageCsv(day, rest));
      const [line] = await linesOf('openai');
      expect(line?.verdict).toBe('drift');
      const of = (name: string) => asObject(asObject(line?.counts)?.[name])?.difference;
      expect([of('requests'), of('input'), of('cache_read'), of('output')]).toEqual([
        1,
        dropped?.input,
        dropped?.cached,
        dropped?.output,
      ]);
    });

    test('a row more, of another key: it is named', async () => {
      const foreign = { input: 500, cached: 0, written: 0, output: 20 };
      const [, extra] = usageCsv(day, [foreign], undefined, 'key_notebook').split('\n');
      await importBill(`${usageCsv(day, counting.openai)}\n${extra}`);
      const [line] = await linesOf('openai');
      expect(line?.verdict).toBe('drift');
      const of = (name: string) => asObject(asObject(line?.counts)?.[name])?.difference;
      expect([of('requests'), of('input'), of('output')]).toEqual([-1, -500, -20]);
      expect(asObjects(line?.why).map(({ message }) => message)).toEqual([
        'what is billed to key_gateway alone is what the log has; that of the key key_notebook did not come through the gateway',
      ]);
      // Within what the operator tolerates it is none.
      expect((await linesOf('openai', '&tolerance=50'))[0]?.verdict).toBe('match');
    });

    test('a model the gateway never asked stands alone, and ours does when the bill is without it', async () => {
      const [, row] = usageCsv(
        day,
        [{ input: 1, cached: 0, written: 0, output: 1 }],
        'o3-2025-04-16',
      ).split('\n');
      await importBill(`${usageCsv(day, counting.openai)}\n${row}`);
      expect((await linesOf('openai')).map(({ model, verdict }) => [model, verdict])).toEqual([
        ['gpt-4o-2024-08-06', 'match'],
        ['o3-2025-04-16', 'only_bill'],
      ]);
    });

    test('the imports are listed, and taken back one by one', async () => {
      const { body } = await ask('/router/v1/reconciliation/imports');
      const imports = asObjects(body.imports);
      expect(imports.map(({ format }) => format).sort()).toEqual([
        'OpenAI costs, CSV',
        'OpenAI usage (completions), CSV',
      ]);
      for (const { id } of imports) {
        const path = `${gateway.url}/router/v1/reconciliation/imports/${id}`;
        expect((await fetch(path, { method: 'DELETE', headers })).status).toBe(200);
        expect((await fetch(path, { method: 'DELETE', headers })).status).toBe(404);
      }
      expect((await ask('/router/v1/reconciliation?provider=openai')).status).toBe(404);
    });

    test('what is no bill, and who is no operator', async () => {
      const post = (body: string, key = ADMIN_KEY) =>
        fetch(`${gateway.url}/router/v1/reconciliation/imports`, {
          method: 'POST',
          body,
          headers: { authorization: `Bearer ${key}` },
        });
      const refused = await post(
        usageCsv(day, counting.openai).replace('FALSE,default,', 'FALSE,default,x'),
      );
      expect(refused.status).toBe(400);
      const error = asObject(((await refused.json()) as JsonObject).error);
      expect(error?.message).toContain('line 2: input_tokens is "x');
      expect((await post('a,b\n1,2')).status).toBe(400);
      expect((await post('')).status).toBe(400);
      expect((await post(usageCsv(day, counting.openai), 'nobody')).status).toBe(401);
      expect((await ask('/router/v1/reconciliation?provider=acme')).status).toBe(400);
      expect((await ask('/router/v1/reconciliation?provider=openai&from=yesterday')).status).toBe(
        400,
      );
      expect(asObjects((await ask('/router/v1/reconciliation/imports')).body.imports)).toEqual([]);
    });
  });

  describe('fetched', () => {
    test('with the admin key of the environment: no drift, in tokens and cents', async () => {
      await importBill(JSON.stringify({ provider: 'anthropic', from: day, to: day }));
      const [line, ...others] = await linesOf('anthropic', `&from=${day}&to=${day}`);
      expect(others).toEqual([]);
      expect(line).toMatchObject({ verdict: 'match', why: [] });
      const { input, cached, written, output } = total(counting.anthropic);
      const bill = Object.entries(asObject(line?.counts) ?? {}).map(([name, of]) => [
        name,
        asObject(of)?.bill,
      ]);
      expect(Object.fromEntries(bill)).toMatchObject({
        ...{ input, cache_read: cached, cache_write_5m: written, output },
      });
      expect(asObject(line?.cost_usd)?.difference).toBe(0);
      expect(asObject(line?.cost_usd)?.log).toBe(
        (input * 1000 + cached * 100 + written * 1250 + output * 5000) / 1e9,
      );
    });

    test('without a key: what to set. The key is nowhere told', async () => {
      const body = JSON.stringify({ provider: 'openai', from: day });
      const response = await fetch(`${gateway.url}/router/v1/reconciliation/imports`, {
        method: 'POST',
        headers,
        body,
      });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('OPENAI_ADMIN_KEY');
      expect(JSON.stringify(gateway.logged)).not.toContain(ADMIN_SECRET);
    });
  });
});
