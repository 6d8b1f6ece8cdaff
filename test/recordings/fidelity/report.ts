// docs/fidelity.md: how many recorded requests and answers cross every pair of wires unharmed, on one screen.
import type { CallerDialectId, DialectId } from '../../../src/core/dialect.ts';
import { CALLERS } from './callers.ts';
import { explainedOpinion, explainedReply, explainedRequest } from './explained.ts';
import type { Crossing } from './measure-replies.ts';
import { type AskedAcross, MAKERS, type SecondOpinion } from './measure-requests.ts';

/** What was measured of one pair, one way. */
export interface Share {
  readonly equal: number;
  readonly explained: number;
  readonly unexplained: number;
  readonly total: number;
}

export interface PairFigures {
  readonly caller: CallerDialectId;
  /** The wire of the provider, or the host where it is not at its maker's. */
  readonly provider: string;
  readonly sameWire: boolean;
  readonly requests: Share;
  /** Refused by the gateway itself, saying why. */
  readonly refused: number;
  readonly asked: Share;
  readonly whole: Share;
  readonly streamed: Share;
  readonly lossKinds: number;
  readonly losses: number;
}

export interface Fidelity {
  readonly answers: number;
  readonly requests: number;
  readonly pairs: readonly PairFigures[];
  readonly reasons: readonly (readonly [reason: string, count: number])[];
  readonly opinions: Share;
  readonly unexplained: readonly string[];
}

export function figuresOf(
  crossings: readonly Crossing[],
  asked: readonly AskedAcross[],
  opinions: readonly SecondOpinion[],
): Fidelity {
  const reasons = new Map<string, number>();
  const unexplained: string[] = [];
  const note = (reason: string | null, place: () => string) => {
    if (reason === null) unexplained.push(place());
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    return reason !== null;
  };
  const providers: string[] = [
    ...Object.keys(MAKERS),
    'azure',
    'bedrock-invoke',
    'vertex-anthropic',
  ];
  const pairs = providers.flatMap((provider) =>
    CALLERS.map((caller): PairFigures => {
      const mine = crossings.filter((one) => one.caller === caller && providerOf(one) === provider);
      const sent = asked.filter(({ from, to }) => from === caller && to === provider);
      const kept = sent.filter(({ refused }) => refused === null);
      const replies = (stream: boolean) =>
        share(
          mine.filter(({ recorded }) => recorded.reply.stream === stream),
          ({ different }) => different.length === 0,
          (one) => note(explainedReply(one), () => replyPlace(one)),
        );
      const losses = sent.flatMap((one) => one.losses).map(kindOf);
      return {
        caller,
        provider,
        sameWire: mine.some(({ recorded }) => recorded.wire === caller),
        requests: share(
          kept,
          ({ problems }) => problems.length === 0,
          (one) => note(null, () => `${pairOf(one)} ${one.id}: ${one.problems[0]}`),
        ),
        refused: sent.length - kept.length,
        asked: share(
          kept,
          ({ different }) => different.length === 0,
          (one) => note(explainedRequest(one), () => askedPlace(one)),
        ),
        whole: replies(false),
        streamed: replies(true),
        losses: losses.length,
        lossKinds: new Set(losses).size,
      };
    }),
  );
  const second = share(
    opinions,
    ({ different }) => different.length === 0,
    ({ id, different }) =>
      different.every(({ path }) => note(explainedOpinion(id, path), () => `${id}: ${path}`)),
  );
  const sorted = [...reasons].sort((a, b) => b[1] - a[1]);
  return {
    answers: new Set(crossings.map(({ recorded }) => recorded)).size,
    requests: new Set(asked.map(({ from, id }) => `${from} ${id}`)).size,
    pairs,
    reasons: sorted,
    opinions: second,
    unexplained,
  };
}

function providerOf({ recorded: { wire, host } }: Crossing): string {
  return host === 'maker' ? wire : host;
}

function share<T>(
  cases: readonly T[],
  isEqual: (one: T) => boolean,
  explain: (one: T) => boolean,
): Share {
  const different = cases.filter((one) => !isEqual(one));
  const explained = different.filter(explain).length;
  const total = cases.length;
  return {
    equal: total - different.length,
    explained,
    unexplained: different.length - explained,
    total,
  };
}

const pairOf = ({ from, to }: { readonly from: CallerDialectId; readonly to: DialectId }) =>
  `${from} → ${to}`;

function replyPlace({ recorded, caller, different }: Crossing): string {
  const [first] = different;
  return `${caller} ← ${recorded.wire} ${recorded.file} ${recorded.id}: ${first?.path} ${JSON.stringify(first?.expected)?.slice(0, 80)} → ${JSON.stringify(first?.actual)?.slice(0, 80)}`;
}

function askedPlace(one: AskedAcross): string {
  const [first] = one.different;
  return `${pairOf(one)} ${one.id}: ${first?.path} ${JSON.stringify(first?.expected)?.slice(0, 80)} → ${JSON.stringify(first?.actual)?.slice(0, 80)}`;
}

/** A loss without its places and numbers. */
function kindOf(loss: string): string {
  return loss.replace(/\d+(?:\.\d+)?/g, 'n').replace(/"[^"]*"/g, '"…"');
}

/** The line of the page that says how much was measured: of other recordings it says other figures. */
export function extentOf({ answers, requests }: Fidelity): string {
  return `Measured over ${answers} recorded answers and ${requests} recorded requests.`;
}

export function reportOf(measured: Fidelity): string {
  const { pairs, reasons, opinions, unexplained } = measured;
  const rows = pairs
    .filter(({ whole, streamed }) => whole.total + streamed.total > 0)
    .map(
      (pair) =>
        `| ${pair.caller} | ${pair.provider}${pair.sameWire ? ' (same wire)' : ''} | ${pair.requests.total === 0 ? '–' : `${shown(pair.requests)}${pair.refused > 0 ? `, ${pair.refused} refused` : ''}`} | ${pair.requests.total === 0 ? '–' : `${shown(pair.asked)}`} | ${shown(pair.whole)} | ${shown(pair.streamed)} | ${pair.losses === 0 ? '–' : `${pair.losses} (${pair.lossKinds} kinds)`} |`,
    );
  return `# Fidelity

What recorded traffic of the real providers becomes on its way through the gateway, for every wire a caller speaks and every wire a provider speaks. Written by \`npm run fidelity\`; the test suite asserts the figures where the recordings are. ${extentOf(measured)}

- **accepted**: requests recorded on the caller's wire, written for the provider's, that its maker's documented and recorded checks take; *refused* ones the gateway turned down itself, saying why. On the same wire: requests that go on as they came, but for the gateway’s own fields.
- **ask the same**: of those, turns, instructions, tools, limits and formats read back from both bodies are equal; the rest is named in \`metadata.losses\` or listed below.
- **whole**, **streamed**: answers recorded on the provider's wire that the official SDK of the caller's wire shows with the same text, reasoning, tool calls, ending and token counts.

| caller speaks | provider speaks | accepted | ask the same | whole | streamed | losses named |
|---|---|---|---|---|---|---|
${rows.join('\n')}

Beside another implementation's translation of the same requests: ${shown(opinions)} ask the same, ${opinions.explained} differ on purpose.

Differences that remain, ${unexplained.length} of them unexplained:

| count | why |
|---|---|
${reasons.map(([reason, count]) => `| ${count} | ${reason} |`).join('\n')}
`;
}

function shown({ equal, total }: Share): string {
  return total === 0 ? '–' : `${equal}/${total}`;
}
