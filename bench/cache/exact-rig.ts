// The processes of the exact cache's benchmark, each its own: a simulated provider on three wires, and a gateway that keeps answers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../child.ts';
import { cleanEnv, KEY } from '../rig.ts';

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface ExactRig {
  readonly gateway: Child;
  readonly upstream: Child;
  stop(): Promise<void>;
}

/** The gateway as an operator runs it, but that answers live as long as the benchmark. @param runtime flags of the runtime's */
export async function startExactRig(runtime: readonly string[] = []): Promise<ExactRig> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-cache-'));
  const config = join(folder, 'switchyard.yaml');
  const upstream = await Child.start([process.execPath, program('../upstream.ts')], cleanEnv());
  writeFileSync(config, yaml(upstream.url));
  const main = program('../../src/main.ts');
  const command = [process.execPath, ...runtime, main, 'serve', '--config', config, '--port', '0'];
  const gateway = await Child.start([...command, '--data', join(folder, 'data')], {
    ...cleanEnv(),
    SWITCHYARD_ADMIN_KEY: KEY,
  });
  return {
    gateway,
    upstream,
    async stop() {
      for (const child of [gateway, upstream]) await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function yaml(url: string): string {
  const price = '{ input: 1, output: 2, cache_read: 0.1 }';
  return `providers:
  chat: { dialect: openai-chat, base_url: "${url}", api_key: "sim-key" }
  messages: { dialect: anthropic-messages, base_url: "${url}", api_key: "sim-key" }
  responses: { dialect: openai-responses, base_url: "${url}", api_key: "sim-key" }
models:
  - { id: chat/fast, context: 100000, price: ${price} }
  - { id: messages/fast, context: 100000, price: ${price} }
  - { id: responses/fast, context: 100000, price: ${price} }
cache: { mode: exact, ttl: 1h }
discovery: { local: false }
`;
}
