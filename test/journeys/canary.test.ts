// The canary: secrets and words of prompts planted everywhere they can enter, everything done that can go wrong, and then looked for wherever anything comes out.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { adminRoutes } from '../../src/admin/routes.ts';
import { asArray, asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import { type Ground, OWN_FILES, openGround, PROVIDERS, ROUTER } from './canary/ground.ts';
import { type Known, READ_ROUTES } from './canary/operator-routes.ts';
import { HOST, planted, SECRETS, WORDS } from './canary/planted.ts';
import { type Asked, chats, others, plain, wrong, wrongOfCache } from './canary/requests.ts';
import { type Legitimate, Search } from './canary/search.ts';
import { WAYS } from './canary/start-babbler.ts';
import { startGateway } from './gateway-under-test.ts';
import { runProgram, startServe } from './program-under-test.ts';
import { until } from './until.ts';

setDefaultTimeout(120_000);

/** The caller's own words. */
const NOT_THE_ROUTERS = new RegExp(
  `^(?:${Object.keys(WORDS)
    .filter((what) => what !== 'the text of a router')
    .join('|')})$`,
);

/** Where a planted word belongs. */
const LEGITIMATE: readonly Legitimate[] = [
  {
    where: /^reply of the model/,
    what: NOT_THE_ROUTERS,
    because: 'whoever asked gets the answer, and what the model repeats of their own words',
  },
  {
    where: /^failure told to its caller/,
    what: NOT_THE_ROUTERS,
    because: "a provider's message is kept, and it may repeat the caller's own words to them",
  },
  {
    where:
      /^GET \/router\/v1\/routers|^GET \/lro|^GET \/router\/v1\/audit|^command audit|^file \.switchyard\/switchyard\.db/,
    what: /^the text of a router$/,
    because: "it is part of the router, which is the operator's own",
  },
  {
    where: /^export to \/receive\/otlp/,
    what: /^the host of a provider$/,
    because: "the operator's own collector is told which server was asked, as OpenTelemetry has it",
  },
  {
    where: /^answer to making a key/,
    what: /^the secret of a virtual key$/,
    because: 'it is shown this once',
  },
];

let ground: Ground;
let search: Search;
let known: Known;
let keySecret: string;
let tail = '';
let stopTail: () => void;

beforeAll(async () => {
  ground = await openGround();
  const made = await ground.call('POST', '/router/v1/keys', { name: 'canary app' });
  const told = (await made.json()) as JsonObject;
  keySecret = asString(told.key) ?? '';
  search = new Search(planted({ 'the secret of a virtual key': keySecret }));
  search.in('answer to making a key', JSON.stringify(told));
  await (await ground.call('POST', '/router/v1/routers', ROUTER)).text();
  await (
    await ground.call('PUT', '/router/v1/metrics/kindness', { direction: 'higher', values: {} })
  ).text();
  const stored = await ground.call('POST', '/router/v1/provider-keys', {
    provider: 'openai',
    key_id: asString(told.id) ?? '',
    secret: SECRETS['a stored provider key'],
  });
  const shown = (await stored.json()) as JsonObject;
  search.in('answer to storing a provider key', JSON.stringify(shown));
  known = {
    row: '',
    failedRow: '',
    router: 'canary-router',
    key: asString(told.id) ?? '',
    providerKey: asString(shown.id) ?? '',
  };
  stopTail = followTail();
});
afterAll(() => ground.stop());

/** The live tail, from now on. */
function followTail(): () => void {
  const abort = new AbortController();
  const headers = { authorization: `Bearer ${SECRETS['the admin key']}` };
  const read = async () => {
    const url = `${ground.program.url()}/router/v1/logs:stream`;
    const reply = await fetch(url, { headers, signal: abort.signal });
    for await (const piece of reply.body ?? []) tail += Buffer.from(piece).toString('utf8');
  };
  read().catch(() => undefined);
  return () => abort.abort();
}

/** A caller with provider keys of their own: one stored, one with the request. */
const AS_CALLER = () => ({
  authorization: `Bearer ${keySecret}`,
  'x-switchyard-user': 'canary-user',
  'x-switchyard-provider-key': `keyed=${SECRETS['a provider key in a header']}`,
});

/** Streams are asked for by that caller, everything else with the operator's keys. */
const asker = (body: JsonObject | string): { readonly [name: string]: string } =>
  typeof body === 'string' || body.stream === true ? AS_CALLER() : {};

/** Vendors that fail are asked again after seconds: everything else goes on meanwhile. */
let vendorAsked: Promise<string>;
let vendorAskedByCommand: ReturnType<typeof runProgram>;

async function askVendor(): Promise<string> {
  const asked = { provider: 'openai', from: '2026-11-01', to: '2026-11-02' };
  const reply = await ground.call('POST', '/router/v1/reconciliation/imports', asked);
  return reply.text();
}

/** Asks, and looks through what its caller is told. */
async function ask({
  path,
  body,
}: Pick<Asked, 'path'> & { readonly body: JsonObject | string }): Promise<Response> {
  const reply = await ground.call('POST', path, body, asker(body));
  const text = await reply.text().catch(() => 'cut');
  const place =
    reply.ok && !text.includes('"error"') ? 'reply of the model' : 'failure told to its caller';
  search.in(place, `${[...reply.headers].join('\n')}\n${text}`);
  return reply;
}

test('answers, whole and streamed, by every wire and endpoint', async () => {
  for (const provider of [...PROVIDERS, 'good', 'fine'])
    for (const stream of [false, true])
      for (const asked of chats(`${provider}/echo`, stream)) {
        const reply = await ask(asked);
        if (reply.ok) known = { ...known, row: reply.headers.get('x-generation-id') ?? '' };
      }
  for (const asked of others('keyed/way-ok')) await ask(asked);
  expect(known.row).not.toBe('');
});

test('answers that are given again, to who has them and to nobody else', async () => {
  const hits: unknown[] = [];
  for (const provider of ['good', 'fine'])
    for (const stream of [false, true])
      for (const asked of chats(`${provider}/echo`, stream)) {
        const reply = await ground.call('POST', asked.path, asked.body, asker(asked.body));
        const text = await reply.text();
        search.in('reply of the model', text);
        hits.push(/"cache_hit":\s*"exact"/.test(text));
        const why = await ground.call('POST', '/router/v1/cache:explain', asked.body);
        search.in('POST /router/v1/cache:explain', await why.text());
      }
  expect(hits).toContain(true);
  const about = WORDS['what the user said'];
  const mine = plain('good/echo', about, 'semantic');
  const isKnown = async () => {
    search.in(
      'reply of the model',
      await (await ground.call('POST', '/v1/chat/completions', mine)).text(),
    );
    const told = asObject(await (await ground.call('GET', '/router/v1/cache')).json());
    return Number(asObject(asObject(told?.semantic)?.prompts)?.entries) > 0;
  };
  await until(isKnown, 60_000);
  const made = await ground.call('POST', '/router/v1/keys', { name: 'one more app' });
  const headers = { authorization: `Bearer ${String(((await made.json()) as JsonObject).key)}` };
  // Nearly the same, of somebody else: what it is answered with has nothing of the other's.
  for (const mode of ['exact', 'semantic'] as const) {
    const near = plain('good/echo', 'a switch', mode);
    const reply = await ground.call('POST', '/v1/chat/completions', near, headers);
    search.in("another's reply", await reply.text());
    const same = { ...mine, model: 'keyed/way-500', cache: { mode } };
    const failed = await ground.call('POST', '/v1/chat/completions', same, headers);
    expect(failed.ok).toBe(false);
    search.in('failure told to its caller', await failed.text());
  }
  for (const { path, body } of wrongOfCache('good/echo')) {
    const reply = await ground.call('POST', path, body, AS_CALLER());
    expect(reply.status).toBe(400);
    search.in('our own error', await reply.text());
  }
  const said = { 'x-switchyard-cache': about, 'cache-control': `max-age=${about}` };
  const reply = await ground.call('POST', '/v1/chat/completions', mine, said);
  search.in(reply.ok ? 'reply of the model' : 'our own error', await reply.text());
  const dropped = await ground.call('DELETE', '/router/v1/cache?namespace=nobodys');
  search.in('DELETE /router/v1/cache', await dropped.text());
});

test('failures of every kind at a provider that repeats all it was told', async () => {
  vendorAsked = askVendor();
  const failAt = async (provider: string) => {
    for (const way of WAYS)
      for (const stream of [false, true])
        for (const asked of chats(`${provider}/way-${way}`, stream)) {
          const reply = await ask(asked);
          if (!reply.ok)
            known = { ...known, failedRow: reply.headers.get('x-generation-id') ?? '' };
        }
  };
  await Promise.all(PROVIDERS.map(failAt));
  for (const way of WAYS) for (const asked of others(`keyed/way-${way}`)) await ask(asked);
  for (const asked of [...chats('deaf/x', false), ...chats('router/canary-router', false)])
    await ask(asked);
  expect(known.failedRow).not.toBe('');
  expect(ground.babbler.asked).toBeGreaterThan(PROVIDERS.length * WAYS.length * 3);
});

test('requests that are wrong themselves, and callers nobody knows', async () => {
  for (const [path, body] of wrong('keyed/way-ok')) {
    const reply = await ground.call('POST', path, body, AS_CALLER());
    search.in(
      reply.ok ? 'reply of the model' : 'our own error',
      `${[...reply.headers].join('\n')}\n${await reply.text()}`,
    );
  }
  for (const headers of [
    { authorization: `Bearer ${SECRETS['a wrong key of a caller']}` },
    { 'x-api-key': SECRETS['a wrong key of a caller'], authorization: '' },
  ])
    for (const path of ['/v1/chat/completions', '/v1/messages', '/router/v1/keys', '/nowhere']) {
      const reply = await ground.call('POST', path, {}, headers);
      search.in('our own error', await reply.text());
    }
  const asked = [
    { 'x-switchyard-fault': WORDS['what the user said'] },
    { 'x-switchyard-metadata': `{"a": ${WORDS['what the user said']}` },
    { traceparent: WORDS['what the user said'], tracestate: WORDS['what the user said'] },
    { 'x-request-id': WORDS['what the user said'] },
  ];
  for (const headers of asked) {
    const body = { model: 'keyed/way-ok', messages: [] };
    const reply = await ground.call('POST', '/v1/chat/completions', body, headers);
    const text = await reply.text();
    // Only what was said about the header itself: it is the caller's own.
    expect(text).not.toContain(SECRETS['the admin key']);
  }
});

test('provider keys of callers, and channels and exports that are tried', async () => {
  const { providerKey } = known;
  const posts: readonly (readonly [string, JsonObject])[] = [
    [`/router/v1/provider-keys/${providerKey}:test`, {}],
    [
      `/router/v1/provider-keys/${providerKey}:rotate`,
      { secret: SECRETS['a provider key that followed it'] },
    ],
    ['/router/v1/provider-keys', { provider: 'nobody', secret: SECRETS['a stored provider key'] }],
    [
      '/router/v1/provider-keys',
      { provider: 'openai', secret: [SECRETS['a stored provider key']] },
    ],
    ...['hook', 'chat', 'mail'].map(
      (name) => [`/router/v1/alerts/channels/${name}:test`, {}] as const,
    ),
    ...['hook', 'bucket', 'analytics', 'warehouse', 'lake', 'refused'].map(
      (name) => [`/router/v1/exports/${name}:test`, {}] as const,
    ),
    ['/router/v1/exports/refused:backfill', { from: '1h' }],
    ['/router/v1/exports/refused:retry-dead-letters', {}],
  ];
  for (const [path, body] of posts) {
    const reply = await ground.call('POST', path, body);
    search.in(`POST ${path}`, await reply.text());
  }
  const words = ['sk-own', `keyed=${SECRETS['a provider key in a header']},keyed=x`, 'a b=c'];
  for (const header of words) {
    const headers = { ...AS_CALLER(), 'x-switchyard-provider-key': header };
    const reply = await ground.call(
      'POST',
      '/v1/chat/completions',
      chats('keyed/x', false)[0]?.body,
      headers,
    );
    search.in('our own error', await reply.text());
  }
});

test('configurations that are refused', async () => {
  const good = await Bun.file(`${ground.folder.path}/switchyard.yaml`).text();
  const secret = SECRETS['a key in a broken configuration'];
  const broken = [
    `${good}\nretriess: "${secret}"\n`,
    good.replace('api_key: k }', `api_key: ["${secret}"] }`),
    good.replace('api_key: k }', `api_key: "${secret}" ]`),
    good.replace('api_key: k }', `api_key: "${secret}", base_url: "${secret}" }`),
    good.replace('retries: 0', `retries: "${secret}"`),
    good.replace('api_key: k }', `api_key: "${secret}`),
    `${good}\nrouters: [{ name: "r", routes: [{ condition: { cel_expression: '${secret}' } }] }]\n`,
    `${good}\nmodels: [{ id: "${secret}" }]\n`,
    good.replace('api_key: k }', `api_key: *${secret} }`),
    good.replace('type: slack, url: "', `type: slack, link: "${secret}", url: "`),
    good.replace('type: clickhouse, url: "', `type: clickhouse, url: "${secret}`),
    good.replace('name: from the file, key: "', `name: from the file, key: ["${secret}"], x: "`),
  ];
  for (const [at, text] of broken.entries()) {
    const before = ground.program.stderr().split('configuration not taken').length;
    await ground.folder.write('switchyard.yaml', text);
    await ground.folder.write('broken.yaml', text);
    const [checked] = await Promise.all([
      runProgram(['check', '--config', 'broken.yaml'], ground.folder, { env: ground.environment }),
      until(() => ground.program.stderr().split('configuration not taken').length > before, 10_000),
    ]);
    expect([at, checked.code]).toEqual([at, 1]);
    search.in('command check', checked.stdout + checked.stderr);
  }
  await ground.folder.write('switchyard.yaml', `${good}\n# taken again\n`);
});

test('every route that can be read is known here', async () => {
  const listed = await startGateway('providers: { sim: {} }');
  const routes = adminRoutes(listed.gateway).routes.filter(({ method }) => method === 'GET');
  await listed.stop();
  const unknown = routes.map(({ path }) => path).filter((path) => READ_ROUTES[path] === undefined);
  expect([...new Set(unknown)]).toEqual([]);
});

test('everything somebody else can read', async () => {
  const made = await ground.call('POST', '/router/v1/keys', { name: 'another app' });
  const { key } = (await made.json()) as JsonObject;
  const headers = { authorization: `Bearer ${String(key)}` };
  const { row, failedRow } = known;
  const paths = [
    ...['/healthz', '/readyz', '/', '/v1/models', '/v1/models/keyed', '/anthropic/v1/models'],
    ...['/llm/v1alpha/models', '/nowhere', '/router/v1/logs', '/metrics'],
    ...[row, failedRow].flatMap((id) => [`/v1/generation?id=${id}`, `/v1/responses/resp_${id}`]),
  ];
  for (const path of paths) {
    const reply = await ground.call('GET', path, undefined, headers);
    search.in(`another's GET ${path}`, `${[...reply.headers].join('\n')}\n${await reply.text()}`);
  }
});

test('everything an operator can read', async () => {
  const { folder, environment: env } = ground;
  const reconcile = ['reconcile', '--provider', 'openai', '--from', '2026-11-01'];
  vendorAskedByCommand = runProgram(reconcile, folder, { env });
  search.in('POST /router/v1/reconciliation/imports', await vendorAsked);
  // The log's database has the last rows a moment later.
  await Bun.sleep(1000);
  for (const paths of Object.values(READ_ROUTES))
    for (const path of paths(known)) {
      const reply = await ground.call('GET', path);
      search.in(`GET ${path}`, await reply.text());
    }
  stopTail();
  // While it runs: what is in the spool and in the write-ahead logs.
  search.inFiles(ground.folder.path, OWN_FILES);
  expect(tail.split('\n').length).toBeGreaterThan(100);
  search.in('live tail', tail);
});

test('what the command line prints', async () => {
  const { folder, environment: env } = ground;
  await folder.write('request.json', JSON.stringify({ model: 'keyed/way-ok', messages: [] }));
  const commands = [
    ['logs', '--limit', '1000'],
    ['logs', '--json', '--limit', '1000'],
    ['logs', known.row],
    ['logs', known.failedRow],
    ['logs', known.failedRow, '--json'],
    ['logs', known.failedRow, '--bodies'],
    ['logs', '--export', 'rows.csv'],
    ['usage'],
    ['models'],
    ['check'],
    ['cache', 'status', '--json', '--port', new URL(ground.program.url()).port],
    ['keys', 'list'],
    ['provider-keys', 'list'],
    ['exports', 'list'],
    ['alerts', 'list'],
    ['users', 'list'],
    ['audit', 'list', '--limit', '1000'],
    ['audit', 'list', '--json', '--limit', '1000'],
    ['audit', 'export'],
    ['audit', 'verify'],
    ['explain', 'request.json'],
  ];
  const look = (command: readonly string[], printed: { stdout: string; stderr: string }) => {
    const text = printed.stdout + printed.stderr;
    const isSilent = command.includes('--export');
    expect([command, text.length > 0 || isSilent]).toEqual([command, true]);
    search.in(`command ${command.slice(0, 2).join(' ')}`, text);
  };
  const waiting = [...commands];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      look(next, await runProgram(next, folder, { env }));
  };
  await Promise.all([lane(), lane(), lane()]);
  look(['reconcile'], await vendorAskedByCommand);
});

test('addresses of databases that are not there', async () => {
  const password = SECRETS['the password of an address'];
  const env = {
    ...ground.environment,
    DATABASE_URL: `postgres://someone:${password}@127.0.0.1:9/switchyard`,
    REDIS_URL: `redis://someone:${password}@127.0.0.1:9/0`,
  };
  const folder = ground.folder;
  await using program = await startServe(['--data', `${folder.path}/elsewhere`], folder, { env });
  const headers = { authorization: `Bearer ${SECRETS['the admin key']}` };
  for (const path of ['/readyz', '/router/v1/logs', '/router/v1/usage', '/metrics', '/']) {
    const reply = await fetch(program.url() + path, { headers });
    search.in(`without a database: ${path}`, await reply.text());
  }
  program.signal('SIGTERM');
  await program.ended();
  search.in('without a database: output', program.stdout() + program.stderr());
});

test('and none of it is anywhere', async () => {
  await until(() => (ground.babbler.received.get('/receive/otlp/v1/traces') ?? '') !== '', 15_000);
  ground.program.signal('SIGTERM');
  await ground.program.ended();
  search.in('stdout', ground.program.stdout());
  search.in('stderr', ground.program.stderr());
  for (const [path, content] of ground.babbler.received) search.in(`export to ${path}`, content);
  search.inFiles(ground.folder.path, OWN_FILES);
  const places = [...search.looked.keys()].join('\n');
  for (const place of [
    ...['stdout', 'stderr', 'live tail', 'GET /metrics', "another's reply"],
    ...['switchyard', 'cache', 'meanings'].map((name) => `file .switchyard/${name}.db`),
    ...['otlp/v1/traces', 'otlp/v1/metrics', 'hook', 's3', 'mixpanel', 'clickhouse', 'alert'].map(
      (receiver) => `export to /receive/${receiver}`,
    ),
  ])
    expect(places).toContain(place);
  expect(search.looked.get('stderr')).toBeGreaterThan(500);
  expect(search.verdict(LEGITIMATE)).toEqual({ leaks: [], unused: [] });
});

test('the search finds what is there, in every encoding', () => {
  const seen = new Search(new Map([['a word', HOST]]));
  const forms: readonly (readonly [string, string | Uint8Array])[] = [
    ['plain', `x${HOST}y`],
    ['bytes', Buffer.from(`\u0000${HOST}\u00ff`)],
    ...[0, 1, 2, 3].map(
      (shift) =>
        [
          `base64 ${shift}`,
          Buffer.from('ä'.repeat(shift) + HOST + 'z'.repeat(shift)).toString('base64'),
        ] as const,
    ),
    ['base64url', Buffer.from(`?${HOST}`).toString('base64url')],
    ['hex', Buffer.from(HOST).toString('hex')],
  ];
  for (const [where, content] of forms) seen.in(where, content);
  expect(seen.findings.map(({ where }) => where)).toEqual(forms.map(([where]) => where));
  expect(asArray(asObject(seen.verdict([]))?.leaks)).toHaveLength(forms.length);
});
