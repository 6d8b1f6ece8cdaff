// Every night: bills fetched and compared, told in one line and in metrics; on the command line by who asks.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { openFolder, runProgram } from './program-under-test.ts';

const SECRET = 'sk-ant-admin-secret-of-the-test';

let reports: ReturnType<typeof Bun.serve>;
let asked: string[];
let down: boolean;

beforeEach(() => {
  asked = [];
  down = false;
  reports = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      asked.push(
        `${pathname} ${searchParams.get('starting_at')} ${request.headers.get('x-api-key')}`,
      );
      if (down) return Response.json({ error: { message: `no ${SECRET}` } }, { status: 403 });
      const about = { model: 'claude-haiku-4-5-20251001', api_key_id: 'apikey_notebook' };
      const result = pathname.endsWith('/cost_report')
        ? { ...about, currency: 'USD', amount: '250' }
        : { ...about, uncached_input_tokens: 9, output_tokens: 7 };
      const starting_at = '2026-11-09T00:00:00Z';
      return Response.json({
        data: [{ starting_at, ending_at: '2026-11-10T00:00:00Z', results: [result] }],
        ...{ has_more: false, next_page: null },
      });
    },
  });
});
afterEach(() => reports.stop(true));

function start(now: () => number, more = 'daily: true'): Promise<GatewayUnderTest> {
  const account = `anthropic: { admin_key: "\${ADMIN}", base_url: "${reports.url.origin}" }`;
  return startGateway(`reconciliation: { ${more}, ${account} }`, { ADMIN: SECRET }, { now });
}

const told = ({ logged }: GatewayUnderTest) => logged.filter((line) => line.includes('bill'));

test('after its hour, once a day, the days before: one line with the drift, and metrics', async () => {
  let now = Date.parse('2026-11-10T05:59:00Z');
  const gateway = await start(() => now);
  await gateway.gateway.bills.lookNightly();
  expect(asked).toEqual([]);
  now = Date.parse('2026-11-10T06:01:00Z');
  await gateway.gateway.bills.lookNightly();
  await gateway.gateway.bills.lookNightly();
  expect(asked).toEqual([
    `/v1/organizations/usage_report/messages 2026-11-07T00:00:00.000Z ${SECRET}`,
    `/v1/organizations/cost_report 2026-11-07T00:00:00.000Z ${SECRET}`,
  ]);
  expect(told(gateway)).toEqual([
    `warn the bill and the log differ ${JSON.stringify({
      ...{ provider: 'anthropic', from: '2026-11-07', to: '2026-11-09' },
      ...{
        match: 0,
        drift: 0,
        only_bill: 1,
        only_log: 0,
        incomplete: 0,
        cost_difference_usd: null,
      },
      see: '/router/v1/reconciliation?provider=anthropic&from=2026-11-07&to=2026-11-09',
    })}`,
  ]);
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const metrics = await (await fetch(`${gateway.url}/metrics`, { headers })).text();
  expect(metrics).toContain(
    'switchyard_reconciliation_lines{provider="anthropic",verdict="only_bill"} 1',
  );
  now = Date.parse('2026-11-11T06:01:00Z');
  await gateway.gateway.bills.lookNightly();
  expect(asked).toHaveLength(4);
  await gateway.stop();
});

test('a report that is refused is told of without the key, and asked for again', async () => {
  const gateway = await start(() => Date.parse('2026-11-10T07:00:00Z'));
  down = true;
  await gateway.gateway.bills.lookNightly();
  expect(told(gateway)).toEqual([
    expect.stringMatching(
      /^warn the bill could not be compared with the log .*"provider":"anthropic".*403/,
    ),
  ]);
  expect(gateway.logged.join()).not.toContain(SECRET);
  down = false;
  await gateway.gateway.bills.lookNightly();
  expect(told(gateway)).toHaveLength(2);
  await gateway.stop();
});

test('nobody is asked where it is not set', async () => {
  const gateway = await start(() => Date.parse('2026-11-10T07:00:00Z'), 'daily: false');
  await gateway.gateway.bills.lookNightly();
  expect([asked, told(gateway)]).toEqual([[], []]);
  await gateway.stop();
});

test('on the command line: a file, the table, and exit 1 where they differ', async () => {
  using folder = openFolder();
  const bill = await Bun.file(
    `${import.meta.dir}/../recordings/bills/openai-completions.csv`,
  ).text();
  await folder.write('openai-usage.csv', bill);
  const data = ['--data', folder.path];
  const { code, stdout, stderr } = await runProgram(
    ['reconcile', 'openai-usage.csv', ...data],
    folder,
  );
  expect(stderr).toContain(
    'OpenAI usage (completions), CSV: 3 figures from 2026-11-01 to 2026-11-03',
  );
  expect(stdout).toContain('2026-11-01  gpt-audio-2025-08-28  only bill  - / 1');
  expect(stdout).toContain('billed to the key key_gateway, and none of it is in the log');
  expect(code).toBe(1);
  // Imported, it stays: the day on which nothing was used is told of, and nothing differs there.
  const quiet = ['--provider', 'openai', '--from', '2026-11-02', '--to', '2026-11-02'];
  const calm = await runProgram(['reconcile', ...quiet, '--json', ...data], folder);
  expect([calm.code, JSON.parse(calm.stdout).lines, JSON.parse(calm.stdout).unbilled_days]).toEqual(
    [0, [], []],
  );
});

test('on the command line: what it takes, said', async () => {
  using folder = openFolder();
  await folder.write('other.csv', 'a,b\n1,2\n');
  const few = 'start_time,num_model_requests,model,input_tokens';
  await folder.write('bill.csv', `${few}\n1793491200,3,text-embedding-3-small,50\n`);
  const data = ['--data', folder.path];
  const run = async (...args: string[]) => {
    const { code, stderr } = await runProgram(['reconcile', ...args, ...data], folder);
    // 1 says that a bill differs, which of these nobody knows.
    expect(code).toBe(2);
    return stderr;
  };
  expect(await run('other.csv')).toContain('has the columns a, b');
  expect(await run('none.csv')).toContain('There is no file none.csv.');
  expect(await run('--provider', 'acme')).toContain('must be one of openai, anthropic');
  expect(await run('--provider', 'openai')).toContain('set OPENAI_ADMIN_KEY and --from');
  expect(await run('--provider', 'openai', '--key-env', 'NOT_SET')).toContain(
    'The variable NOT_SET is not set.',
  );
  expect(await run('bill.csv', '--tolerance', 'much')).toContain('tolerance');
  expect(await run('bill.csv', '--tolerence', '1')).toContain('--tolerance');
  // Nothing was imported on the way there.
  expect(await run('--provider', 'openai')).toContain('No bill of openai has been imported yet');
}, 30_000);
