// Pictures and documents by URL: passed on where the provider fetches them, else fetched here, and only where anybody may.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { Server } from 'bun';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { PDF, PNG } from './samples.ts';

let files: Server<undefined>;
let sim: Sim;
let open: GatewayUnderTest;
let closed: GatewayUnderTest;
let asked: string[] = [];
/** Who waits for the other one. */
let both: string[] = [];

beforeAll(async () => {
  files = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: serveFile });
  sim = startSim({ seed: 1 });
  const providers = `
providers:
  bytes: { dialect: openai-chat, base_url: "${sim.url}", api_key: k, quirks: { imageUrls: false } }
  urls: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
  claude: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: k }
`;
  open = await startGateway(
    `${providers}\nmedia: { allow: ["127.0.0.0/8"], max_size: "64KB", timeout: "500ms" }`,
  );
  closed = await startGateway(providers);
});
beforeEach(() => {
  sim.clear();
  asked = [];
  both = [];
});
afterAll(async () => {
  await Promise.all([open.stop(), closed.stop(), sim.stop()]);
  await files.stop(true);
});

async function serveFile(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  asked.push(pathname);
  switch (pathname) {
    case '/cat.png':
      return new Response(Buffer.from(PNG, 'base64'), {
        headers: { 'content-type': 'application/octet-stream' },
      });
    case '/paper.pdf':
      return new Response(Buffer.from(PDF, 'base64'), {
        headers: { 'content-type': 'application/pdf' },
      });
    case '/moved':
      return Response.redirect('/cat.png', 302);
    case '/away':
      return Response.redirect('http://169.254.169.254/latest/meta-data/', 302);
    case '/round':
      return Response.redirect('/round', 302);
    case '/large':
      return new Response(new Uint8Array(70_000));
    case '/slow':
      await Bun.sleep(2000);
      return new Response('late');
    case '/both':
    case '/both-too':
      both.push(pathname);
      while (both.length < 2) await Bun.sleep(1);
      return new Response(Buffer.from(PNG, 'base64'));
    case '/page.png':
      return new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
    case '/empty':
      return new Response('');
    default:
      if (pathname.startsWith('/heavy-')) return new Response(new Uint8Array(60_000));
      return new Response('no', { status: 404 });
  }
}

const at = (path: string) => `http://127.0.0.1:${files.port}${path}`;
const picture = (url: string) => ({ type: 'image_url', image_url: { url } });
const ask = (model: string, ...content: object[]) => ({
  model,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, ...content] }],
});
const sent = () => JSON.stringify(sim.requests.map(({ body }) => body));

describe('a provider that takes pictures only as bytes', () => {
  test('gets the bytes, with the type the file itself tells', async () => {
    const reply = await open.post(
      '/v1/chat/completions',
      ask('bytes/echo', picture(at('/cat.png'))),
    );
    expect(reply.status).toBe(200);
    expect(asked).toEqual(['/cat.png']);
    expect(sim.requests).toHaveLength(1);
    expect(sent()).toContain(`data:image/png;base64,${PNG}`);
    expect(sent()).not.toContain('127.0.0.1');
    expect(((await reply.json()) as { metadata: { losses: unknown } }).metadata.losses).toEqual([]);
  });

  test('the same picture twice and after a redirect is fetched as often as it has addresses', async () => {
    const body = ask(
      'bytes/echo',
      picture(at('/cat.png')),
      picture(at('/moved')),
      picture(at('/cat.png')),
    );
    expect((await open.post('/v1/chat/completions', body)).status).toBe(200);
    expect(asked.sort()).toEqual(['/cat.png', '/cat.png', '/moved']);
  });

  test('pictures of several messages are fetched side by side', async () => {
    const turn = (path: string) => ({ role: 'user', content: [picture(at(path))] });
    const messages = [turn('/both'), turn('/both-too')];
    const reply = await open.post('/v1/chat/completions', { model: 'bytes/echo', messages });
    expect(reply.status).toBe(200);
    expect(both.sort()).toEqual(['/both', '/both-too']);
  });

  test('Messages callers too, inside tool results as well', async () => {
    const url = (path: string) => ({ type: 'url', url: at(path) });
    const reply = await open.post('/v1/messages', {
      model: 'bytes/echo',
      max_tokens: 50,
      messages: [
        { role: 'user', content: 'Look.' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'see', input: {} }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't1',
              content: [{ type: 'image', source: url('/cat.png') }],
            },
            { type: 'document', source: url('/paper.pdf') },
          ],
        },
      ],
      tools: [{ name: 'see', input_schema: { type: 'object' } }],
    });
    expect(reply.status).toBe(200);
    expect(asked.sort()).toEqual(['/cat.png', '/paper.pdf']);
    expect(sent()).toContain(PNG);
    expect(sent()).toContain(`data:application/pdf;base64,${PDF}`);
  });

  test('the fallback gets the URL itself where it takes URLs, and nothing is fetched twice', async () => {
    const body = {
      ...ask('bytes/echo+status=503', picture(at('/cat.png'))),
      models: ['urls/echo'],
    };
    expect((await open.post('/v1/chat/completions', body)).status).toBe(200);
    expect(asked).toEqual(['/cat.png']);
    expect(JSON.stringify(sim.requests.at(-1)?.body)).toContain(at('/cat.png'));
  });
});

describe('a provider that fetches URLs itself', () => {
  test('gets the URL, and nothing is fetched here', async () => {
    for (const model of ['urls/echo', 'claude/echo']) {
      const reply = await open.post('/v1/chat/completions', ask(model, picture(at('/cat.png'))));
      expect(reply.status).toBe(200);
    }
    expect(asked).toEqual([]);
  });
});

describe('what is not fetched', () => {
  const refused: readonly (readonly [string, () => string, RegExp])[] = [
    ['a page in the place of the picture', () => at('/page.png'), /text\/html, not a picture/],
    ['a missing file', () => at('/nothing'), /status 404/],
    ['a file that is too large', () => at('/large'), /larger than .* MB \(media\.max_size\)/],
    ['a server that is too slow', () => at('/slow'), /within 500 ms \(media\.timeout\)/],
    ['an empty file', () => at('/empty'), /nothing at its URL/],
    ['redirects without end', () => at('/round'), /redirects more than 3 times/],
    ['a redirect to the cloud’s metadata', () => at('/away'), /private network/],
    ['the metadata itself', () => 'http://169.254.169.254/latest/', /private network/],
    ['a private network', () => 'http://10.0.0.1/x.png', /private network/],
    ['IPv6 loopback', () => 'http://[::1]/x.png', /private network/],
    ['IPv4 inside IPv6', () => 'http://[::ffff:10.0.0.1]/x.png', /private network/],
    ['decimal notation', () => 'http://167772161/x.png', /private network/],
    ['a file', () => 'file:///etc/passwd', /only http:\/\/ and https:\/\/ URLs/],
    ['a password', () => 'http://a:b@127.0.0.1/x.png', /user name or password/],
    ['a name nobody has', () => 'http://no-such-host.invalid/x.png', /could not be found/],
  ];
  for (const [what, url, message] of refused)
    test(what, async () => {
      const reply = await open.post('/v1/chat/completions', ask('bytes/echo', picture(url())));
      const { error } = (await reply.json()) as {
        error: { message: string; code: string; param: string };
      };
      expect(reply.status).toBe(400);
      expect(error).toMatchObject({ code: 'media_unavailable', param: 'messages[0].content[1]' });
      expect(error.message).toMatch(message);
      expect(sim.requests).toHaveLength(0);
    });

  test('more in one request than four of the largest', async () => {
    const heavy = (count: number) =>
      ask('bytes/echo', ...Array.from({ length: count }, (_, n) => picture(at(`/heavy-${n}`))));
    expect((await open.post('/v1/chat/completions', heavy(4))).status).toBe(200);
    sim.clear();
    const reply = await open.post('/v1/chat/completions', heavy(5));
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain('more than may be fetched (media.max_size)');
    expect(sim.requests).toHaveLength(0);
  });

  test('without an exception, this machine', async () => {
    const reply = await closed.post(
      '/v1/chat/completions',
      ask('bytes/echo', picture(at('/cat.png'))),
    );
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain('media.allow');
    expect(asked).toEqual([]);
    expect(sim.requests).toHaveLength(0);
  });
});
