// Every recorded answer, through a whole gateway over HTTP, to every caller: what the caller's SDK shows against what was recorded.
import type { CallerDialectId, DialectId } from '../../../src/core/dialect.ts';
import { asArray, asObject, asString } from '../../../src/lib/json.ts';
import { startGateway } from '../../journeys/gateway-under-test.ts';
import { type Difference, differences, shown } from '../differences.ts';
import { throughGateway } from '../replay-ground.ts';
import { startScriptedUpstream } from '../scripted-upstream.ts';
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
  const lanes = Array.from({ length: LANES }, (_, number) => number);
  const entries = lanes.flatMap((lane) => [
    ...WIRES.map((wire) => {
      const { url } = upstream.lane(`${wire}-${lane}`);
      return `  ${wire}-${lane}: { dialect: ${wire}, base_url: "${url}", api_key: k }`;
    }),
  ]);
  const hosts = ['bedrock-anthropic', 'vertex-anthropic', 'azure'].map(
    (id) => `  ${id}: { base_url: "${upstream.lane(id).url}", api_key: k }`,
  );
  const gateway = await startGateway(['providers:', ...entries, ...hosts].join('\n'));
  const to = throughGateway(gateway);
  const found: Crossing[] = [];
  const cross = async (recorded: Recorded, provider: string) => {
    const lane = upstream.lane(provider);
    const { bytes, contentType, stream } = recorded.reply;
    const headers = { 'content-type': contentType };
    lane.play({ status: 200, headers, body: '', bytes, chunked: stream });
    const expected = readRecorded(recorded);
    const failure = failureIn(recorded);
    const names = [...new Set(expected.tools.map(({ name }) => name))];
    for (const caller of CALLERS) {
      const body = simpleCall(caller, `${provider}/${recorded.model}`, stream, names);
      const result = await ask(caller, to, body);
      found.push({
        recorded,
        caller,
        shown: result,
        different: compare(expected, failure, result, caller),
      });
    }
    lane.take();
  };
  try {
    const queues = Map.groupBy(recordings.entries(), ([index, recorded]) =>
      providerOf(recorded, index % LANES),
    );
    await Promise.all(
      [...queues].map(async ([provider, mine]) => {
        for (const [, recorded] of mine) await cross(recorded, provider);
      }),
    );
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
  return found;
}

const HOSTED: { readonly [H in Host]: string | null } = {
  maker: null,
  azure: 'azure',
  'bedrock-invoke': 'bedrock-anthropic',
  'vertex-anthropic': 'vertex-anthropic',
};

function providerOf({ wire, host }: Recorded, lane: number): string {
  return HOSTED[host] ?? `${wire}-${lane}`;
}

function compare(
  expected: Reading,
  failure: string | null,
  { reading, error }: Shown,
  caller: CallerDialectId,
): Difference[] {
  if (failure !== null)
    return differences(
      true,
      error?.includes(failure) ?? false,
      `fails with "${failure}", not ${error}`,
    );
  if (reading === null) return differences(null, error, 'error');
  // The types of this wire's clients want numbers: what nobody counted is 0 there.
  const told =
    caller === 'openai-chat'
      ? expected
      : { ...expected, input: expected.input ?? 0, output: expected.output ?? 0 };
  return differences(told as never, { ...reading } as never);
}
