// A gateway whose cache goes by meaning, with the real local model loaded, for journeys of the semantic cache.
import { type GatewayPlace, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

/** On a loaded machine a vector may take longer than a caller would wait for it. */
export const PATIENT = 'timeout: 20s';

/** @param semantic the members of `cache.semantic` beside its time */
export async function startSemanticGateway(
  yaml: string,
  semantic = '',
  place: GatewayPlace = {},
): Promise<GatewayUnderTest> {
  const members = semantic === '' ? PATIENT : `${PATIENT}, ${semantic}`;
  const cache = `cache: { mode: semantic, persist: false, semantic: { ${members} } }`;
  const gateway = await startGateway(`${yaml}\n${cache}\n`, {}, place);
  await modelLoaded(gateway);
  return gateway;
}

/** The first search would not wait for it. */
async function modelLoaded({ gateway }: GatewayUnderTest): Promise<void> {
  const { meanings } = gateway.answers.semantic;
  const until = performance.now() + 30_000;
  while (meanings.standing() === 'loading') {
    if (performance.now() > until) throw new Error('the local model does not load');
    await Bun.sleep(20);
  }
}

export interface Told {
  readonly generation_id: string;
  readonly cache_hit: false | 'exact' | 'semantic';
  readonly cost_usd: number | null;
  readonly attempts: readonly unknown[];
  readonly losses: readonly string[];
  readonly cache?: {
    readonly from?: string;
    readonly similarity?: number;
    readonly verdict?: string;
    readonly shadow?: boolean;
  };
}

/** One chat request by plain HTTP: what it says, and what it says of itself. */
export async function asked(
  { post }: Pick<GatewayUnderTest, 'post'>,
  text: string,
  body: { readonly [name: string]: unknown } = {},
  headers: { readonly [name: string]: string } = {},
): Promise<{ readonly text: string; readonly told: Told; readonly status: number }> {
  const messages = [{ role: 'user', content: text }];
  const response = await post(
    '/v1/chat/completions',
    { model: 'alpha/echo', messages, ...body },
    headers,
  );
  const reply = (await response.json()) as {
    readonly choices?: readonly { readonly message: { readonly content: string } }[];
    readonly metadata: Told;
  };
  const said = reply.choices?.[0]?.message.content ?? '';
  return { text: said, told: reply.metadata, status: response.status };
}
