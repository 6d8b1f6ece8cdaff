// What a fallback before the first token adds: the time to the first content with a failed attempt before it, without that
// attempt's own time and without what the same answer takes when it is asked for at once. One request at a time.
import { quantile } from '../../../bench/statistics.ts';

/** In milliseconds, of the distributions with and without. */
export interface Added {
  readonly p50: number;
  readonly p99: number;
}

const WARM_UP = 200;
const SAMPLES = 1000;

export async function measureAdded(url: string, key: string): Promise<Added> {
  const plain = 'steady/echo+tokens=3';
  const failing = 'flaky/echo+tokens=3+status=503';
  const alone: number[] = [];
  const after: number[] = [];
  for (let n = 0; n < WARM_UP + SAMPLES; n++) {
    const direct = await ask(url, key, plain, []);
    const rescued = await ask(url, key, failing, [plain]);
    if (n < WARM_UP) continue;
    alone.push(direct.firstMs);
    after.push(rescued.firstMs - rescued.failedMs);
  }
  const added = (share: number) => quantile(after, share) - quantile(alone, share);
  return { p50: added(0.5), p99: added(0.99) };
}

async function ask(
  url: string,
  key: string,
  model: string,
  models: readonly string[],
): Promise<{ readonly firstMs: number; readonly failedMs: number }> {
  const body = JSON.stringify({
    model,
    models,
    stream: true,
    messages: [{ role: 'user', content: 'What does a railway switchyard do?' }],
  });
  const startedMs = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  });
  let firstMs = Number.NaN;
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    if (text === '') firstMs = performance.now() - startedMs;
    text += decoder.decode(piece, { stream: true });
  }
  const failed = /"success":false,[^}]*?"duration_ms":([\d.]+)/.exec(text)?.[1];
  return { firstMs, failedMs: Number(failed ?? 0) };
}
