// The processes under measurement, each its own: the simulated provider, the minimal proxy and the gateway as it is served.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));
export const KEY = 'sy-admin-key-of-the-benchmark';

/** A way for a request to reach the simulated provider. */
export interface Target {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly pid: number;
  readonly path: string;
  /** Before the model's name. */
  readonly prefix: string;
  /** Header lines of the request, beyond those that every request has. */
  readonly headers: readonly string[];
}

export interface Rig {
  readonly direct: Target;
  readonly minimal: Target;
  /** OpenAI's wire in and out. */
  readonly gateway: Target;
  /** The same gateway: Anthropic's wire in, OpenAI's out. */
  readonly translated: Target;
  /** More ways in, made at run time. */
  readonly peers: readonly Target[];
  stop(): Promise<void>;
}

/** @param startPeer starts another gateway in front of the provider at this URL (with its version). */
export async function startRig(
  startPeer: ((upstreamUrl: string) => Promise<Peer>) | null,
): Promise<Rig> {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
  const upstream = await Child.start([process.execPath, program('./upstream.ts')], cleanEnv());
  const origin = new URL(upstream.url).origin;
  const minimal = await Child.start(
    [process.execPath, program('./minimal-proxy.ts'), origin],
    cleanEnv(),
  );
  const gateway = await startGateway(dataDir, upstream.url);
  const peer = startPeer === null ? null : await startPeer(upstream.url);
  const chat = {
    path: '/v1/chat/completions',
    prefix: '',
    headers: [`authorization: Bearer ${KEY}`],
  };
  return {
    direct: { ...address(upstream), ...chat, name: 'direct' },
    minimal: { ...address(minimal), ...chat, name: 'minimal proxy' },
    gateway: { ...address(gateway), ...chat, name: 'gateway', prefix: 'alpha/' },
    translated: {
      ...address(gateway),
      name: 'translated',
      path: '/v1/messages',
      prefix: 'alpha/',
      headers: [`x-api-key: ${KEY}`, 'anthropic-version: 2023-06-01'],
    },
    peers:
      peer === null
        ? []
        : [{ ...address(peer.child), ...chat, name: peer.name, headers: peer.headers }],
    async stop() {
      for (const child of [gateway, minimal, upstream, ...(peer ? [peer.child] : [])])
        await child.stop();
      peer?.clean();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Peer {
  readonly name: string;
  readonly child: Child;
  readonly headers: readonly string[];
  clean(): void;
}

/** The gateway as an operator runs it: a configuration file, a data folder, the log on. */
export function startGateway(
  dataDir: string,
  upstreamUrl: string,
  environment: { readonly [name: string]: string } = {},
): Promise<Child> {
  const config = join(dataDir, 'switchyard.yaml');
  writeFileSync(
    config,
    `providers:
  alpha: { dialect: openai-chat, base_url: "${upstreamUrl}", api_key: "sim-key" }
models:
  - { id: alpha/fast, context: 100000, price: { input: 1, output: 2, cache_read: 0.1 } }
discovery: { local: false }
# The same is asked all the time, and is meant to be asked: what the cache does is bench/cache.ts's.
cache: { mode: ${environment.BENCH_CACHE ?? 'off'} }
`,
  );
  const command = [process.execPath, program('../src/main.ts'), 'serve', '--config', config];
  return Child.start([...command, '--data', join(dataDir, 'data'), '--port', '0'], {
    ...cleanEnv(),
    SWITCHYARD_ADMIN_KEY: KEY,
    ...environment,
  });
}

function address(child: Child): { hostname: string; port: number; pid: number } {
  const { hostname, port } = new URL(child.url);
  return { hostname, port: Number(port), pid: child.pid };
}

/** Without provider keys, proxies and settings of the shell it is started from. */
export function cleanEnv(): { [name: string]: string | undefined } {
  const { PATH, HOME, TMPDIR } = process.env;
  // The launcher's own setting: Bun caps simultaneous fetches at 256 unless told otherwise.
  return { PATH, HOME, TMPDIR, NO_COLOR: '1', BUN_CONFIG_MAX_HTTP_REQUESTS: '65000' };
}

/** The request for a model, as it goes over the wire. */
export function requestFor(target: Target, model: string, stream: boolean): string {
  const body = JSON.stringify({
    model: target.prefix + model,
    max_tokens: 1000,
    messages: [
      { role: 'system', content: 'You are a helpful assistant. Answer briefly.' },
      { role: 'user', content: 'What does a railway switchyard do, and why would one need it?' },
    ],
    stream,
  });
  const lines = [
    `POST ${target.path} HTTP/1.1`,
    `host: ${target.hostname}:${target.port}`,
    'content-type: application/json',
    'accept: */*',
    'user-agent: switchyard-bench',
    `content-length: ${Buffer.byteLength(body)}`,
    ...target.headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
