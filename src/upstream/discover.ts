// Finds local model servers on loopback: a short look at each one's own port, never in the way of the start.
import type { Provider } from '../core/provider.ts';
import { asArray, asObject, asString, parseJson } from '../lib/json.ts';

const LOOK_MS = 400;

/** The local providers that answer now, each with the models it lists. A port that answers as something else is not one. */
export async function discoverLocal(
  providers: readonly Provider[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  await Promise.all(
    providers.map(async (provider) => {
      const models = await lookAt(provider);
      if (models) found.set(provider.id, models);
    }),
  );
  return found;
}

async function lookAt(provider: Provider): Promise<readonly string[] | null> {
  const { local } = provider;
  if (!local) return null;
  const origin = new URL(provider.baseUrl).origin;
  const answer = await get(`${origin}${local.probe}`);
  if (answer === null || !compact(answer).includes(compact(local.marker))) return null;
  const list = asObject(parseJson((await get(`${provider.baseUrl}/models`)) ?? ''));
  return asArray(list?.data).flatMap((entry) => asString(asObject(entry)?.id) ?? []);
}

/** JSON is the same however it is spaced. */
function compact(text: string): string {
  return text.replace(/\s+/g, '');
}

async function get(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LOOK_MS), redirect: 'manual' });
    return response.ok ? await response.text() : null;
  } catch {
    // Nobody there: the usual case.
    return null;
  }
}
