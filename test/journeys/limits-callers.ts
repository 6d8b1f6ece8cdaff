// As a process of its own: makes so many calls at once, and tells what became of them. The runtime's limit of requests at once
// is the process's, so those who call do not share it with who answers.
export interface Called {
  /** By HTTP status. */
  readonly statuses: { readonly [status: string]: number };
  readonly codes: { readonly [code: string]: number };
  /** What the replies said they cost, in US dollars. */
  readonly costUsd: number;
}

export interface Calls {
  readonly url: string;
  readonly key: string;
  readonly many: number;
  readonly body: unknown;
}

export async function callAtOnce(calls: Calls): Promise<Called> {
  const child = Bun.spawn([process.execPath, import.meta.path, JSON.stringify(calls)], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      BUN_CONFIG_MAX_HTTP_REQUESTS: '65000',
    },
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const text = await new Response(child.stdout).text();
  return JSON.parse(text) as Called;
}

async function calledBy({ url, key, many, body }: Calls): Promise<Called> {
  const statuses: { [status: string]: number } = {};
  const codes: { [code: string]: number } = {};
  let costUsd = 0;
  const one = async (): Promise<void> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const reply = (await response.json()) as {
      metadata?: { cost_usd?: number };
      error?: { code?: string };
    };
    statuses[response.status] = (statuses[response.status] ?? 0) + 1;
    const code = reply.error?.code;
    if (code !== undefined) codes[code] = (codes[code] ?? 0) + 1;
    costUsd += reply.metadata?.cost_usd ?? 0;
  };
  await Promise.all(Array.from({ length: many }, one));
  return { statuses, codes, costUsd };
}

if (import.meta.main) {
  const called = await calledBy(JSON.parse(process.argv[2] ?? '') as Calls);
  process.stdout.write(JSON.stringify(called));
}
