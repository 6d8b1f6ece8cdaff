// Every recorded answer, through a whole gateway over HTTP, to every caller: what the caller's SDK shows against what was recorded.
import type { CallerDialectId, DialectId } from '../../../src/core/dialect.ts';
import { type GatewayUnderTest, startGateway } from '../../journeys/gateway-under-test.ts';
import { type Difference, differences } from '../differences.ts';
import { pastGateway, throughGateway } from '../replay-ground.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../scripted-upstream.ts';
import { ask, CALLERS, type Shown, simpleCall } from './callers.ts';
import { failureIn, readRecorded } from './read-recorded.ts';
import type { Reading } from './reading.ts';
import type { Host, Recorded } from './sources.ts';

/** One recorded answer, as one caller was shown it. */
export interface Crossing {
  readonly recorded: Recorded;
  readonly caller: CallerDialectId;
  readonly shown: Shown;
  /** Empty: the same by meaning. */
  readonly different: readonly Difference[];
}

const LANES = 4;
const WIRES: readonly DialectId[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere',
];

export async function measureReplies(
  recordings: readonly Recorded[],
): Promise<readonly Crossing[]> {
  const upstream = await startScriptedUpstream();
  const gateway = await startGateway(configuration(upstream));
  const found: Crossing[] = [];
  const queues = Map.groupBy(recordings.entries(), ([index, { host }]) =>
    host === 'maker' ? index % LANES : 0,
  );
  try {
    await Promise.all(
      [...queues].map(async ([lane, mine]) => {
        for (const [, recorded] of mine)
          for (const caller of CALLERS)
            found.push(await cross(recorded, caller, lane, { gateway, upstream }));
      }),
    );
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
  return found;
}

/** Lanes for each wire, each a provider of its own, and the hosts whose paths, bodies or framing are other ones. */
function configuration(upstream: ScriptedUpstream): string {
  const lanes = Array.from({ length: LANES }, (_, lane) => lane);
  const wires = lanes.flatMap((lane) =>
    WIRES.map((wire) => {
      const { url } = upstream.lane(`${wire}-${lane}`);
      return `  ${wire}-${lane}: { dialect: ${wire}, base_url: "${url}", api_key: k }`;
    }),
  );
  const hosts = Object.values(HOSTED).flatMap((id) =>
    id === null ? [] : [`  ${id}: { base_url: "${upstream.lane(id).url}", api_key: k }`],
  );
  return ['providers:', ...wires, ...hosts].join('\n');
}

const HOSTED: { readonly [H in Host]: string | null } = {
  maker: null,
  azure: 'azure',
  'bedrock-invoke': 'bedrock-anthropic',
  'vertex-anthropic': 'vertex-anthropic',
};

/** Azure serves both of OpenAI's wires at one address: whoever speaks the other is led past it, to the recorded wire alone. */
function providerFor({ wire, host }: Recorded, caller: CallerDialectId, lane: number): string {
  const id = HOSTED[host];
  const isOther =
    host === 'azure' &&
    caller !== wire &&
    (caller !== 'anthropic-messages' || wire !== 'openai-chat');
  return id === null || isOther ? `${wire}-${lane}` : id;
}

async function cross(
  recorded: Recorded,
  caller: CallerDialectId,
  number: number,
  {
    gateway,
    upstream,
  }: { readonly gateway: GatewayUnderTest; readonly upstream: ScriptedUpstream },
): Promise<Crossing> {
  const provider = providerFor(recorded, caller, number);
  const lane = upstream.lane(provider);
  const { bytes, contentType, stream } = recorded.reply;
  const headers = { 'content-type': contentType };
  lane.play({ status: 200, headers, body: '', bytes, chunked: stream });
  const expected = readRecorded(recorded);
  const names = [...new Set(expected.tools.map(({ name }) => name))];
  const body = simpleCall(caller, `${provider}/${recorded.model}`, stream, names);
  const through = await ask(caller, throughGateway(gateway), body);
  const given = { recorded, caller, shown: through };
  const asRecorded = compare(expected, failureIn(recorded), through, caller);
  lane.take();
  if (asRecorded.length === 0 || caller !== recorded.wire || contentType.includes('amazon'))
    return { ...given, different: asRecorded };
  // On the same wire the SDK shows what it would have shown without a gateway, be that a provider's own members or a failure.
  const past = await ask(caller, pastGateway(lane, provider), body);
  lane.take();
  if (past.reading === null)
    return { ...given, different: through.reading === null ? [] : asRecorded };
  return {
    ...given,
    different: differences({ ...past.reading } as never, (through.reading ?? null) as never),
  };
}

function compare(
  expected: Reading,
  failure: string | null,
  { reading, error }: Shown,
  caller: CallerDialectId,
): Difference[] {
  if (failure !== null) {
    const told = error?.replaceAll('[redacted]', '') ?? null;
    const words = failure.replace(/https?:\/\/\S+/g, '').trim();
    return told?.includes(words) ? [] : differences(words, told, 'failure');
  }
  if (reading === null) return differences(null, error, 'error');
  // This wire's clients want numbers: what nobody counted is 0 there.
  const told =
    caller === 'anthropic-messages'
      ? { ...expected, input: expected.input ?? 0, output: expected.output ?? 0 }
      : expected;
  return differences({ ...told } as never, { ...reading } as never);
}
