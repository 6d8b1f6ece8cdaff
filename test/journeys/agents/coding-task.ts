// One task for any coding agent: read two files at once, write what they say into a third, change it, and tell. The model's part is
// scripted and stands behind a gateway on a wire the agent does not speak; all that the run caused is told.
import { describe, expect, test } from 'bun:test';
import type { LogRow } from '../../../src/core/log-row.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from '../gateway-under-test.ts';
import { type AgentRun, openWorkplace, runAgent, type Workplace } from './agent-run.ts';
import { type FetchedClient, fetchClient, type Packages } from './client-cache.ts';
import {
  type Said,
  type SeenTurn,
  startScriptedModel,
  type Turn,
  type WireName,
} from './scripted-model.ts';
import { RESULTS_APART } from './tool-results.ts';

interface Call {
  readonly name: string;
  readonly input: JsonObject | string;
}

/** What an agent is started with. */
export interface Start {
  readonly client: FetchedClient;
  readonly place: Workplace;
  /** Of the gateway, without a version. */
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly prompt: string;
}

export interface CodingAgent {
  readonly name: string;
  readonly packages: Packages;
  /** The model's own name, where the agent goes by it. */
  readonly model?: string;
  /** Hosts it asks for (in vain) although all that can be switched off is. */
  readonly wants?: readonly string[];
  /** Writes the agent's settings; tells how to start it. */
  prepare(start: Start): {
    readonly command: readonly string[];
    readonly environment: { readonly [name: string]: string };
  };
  /** The calls of its tools by which a model reads, writes and changes a file. */
  reads(path: string): Call;
  writes(path: string, text: string): Call;
  changes(path: string, from: string, to: string): Call;
  /** The answer as it told its user. */
  told(stdout: string): string;
}

export interface DoneTask {
  readonly agent: CodingAgent;
  readonly wire: WireName;
  readonly run: AgentRun;
  readonly answer: string;
  readonly told: string;
  /** The requests of the task itself, and what the agent asked beside it (a title for the session). */
  readonly turns: readonly SeenTurn[];
  readonly beside: readonly SeenTurn[];
  readonly rows: readonly LogRow[];
  readonly logged: readonly string[];
}

const FILES = {
  'one.txt': 'The first word is Zürich-東京.\n',
  'two.txt': 'The second word is "naïve"\\path.\n',
} as const;
const FOUND = ['Zürich-東京', '"naïve"\\path'] as const;
const PROMPT =
  'Read one.txt and two.txt, write their words into answer.txt, then make the first word loud.';
const FINAL = 'Both words are in answer.txt — “done”.';
/** Of a test: the limit below is asserted, and a run is ended after a minute. */
export const TIME_MS = 90_000;
/** Once fetched each takes a few seconds; this is for a machine that does other things too. */
const LIMIT_MS = 45_000;

/** A suite with the agent, skipped (with a line that says why) where it cannot be had. */
export async function withAgent(
  { name, packages }: Pick<CodingAgent, 'name' | 'packages'>,
  suite: (client: FetchedClient) => void,
): Promise<void> {
  const client = await fetchClient(name, packages);
  if (client === null) test.skip(`${name} does its work`, () => undefined);
  else describe(name, () => suite(client));
}

/** Does the task behind a gateway. */
export async function doTask(
  agent: CodingAgent,
  client: FetchedClient,
  wire: WireName,
): Promise<DoneTask> {
  using place = openWorkplace();
  for (const [name, text] of Object.entries(FILES)) place.write(`${place.folder}/${name}`, text);
  const model = startScriptedModel(wire, (turn) => script(agent, place.folder, turn));
  const gateway = await startGateway(configuration(wire, model.url, agent.model ?? 'echo'));
  try {
    const { command, environment } = agent.prepare({
      client,
      place,
      url: gateway.url,
      key: ADMIN_KEY,
      model: `alpha/${agent.model ?? 'echo'}`,
      prompt: PROMPT,
    });
    const run = await runAgent(command, place, environment);
    return await tell(agent, wire, { run, seen: model.seen, place, gateway });
  } finally {
    await gateway.stop();
    await model.stop();
  }
}

function configuration(wire: WireName, url: string, model: string): string {
  return `
providers:
  alpha: { dialect: ${wire}, base_url: "${url}", api_key: alpha-secret }
models:
  - { id: alpha/${model}, context: 200000, price: { input: 1, output: 2, cache_read: 0.1 } }
`;
}

function script(agent: CodingAgent, folder: string, { ask, results }: Turn): Said {
  if (!isOfTask(agent, ask)) return { text: 'Two words' };
  const path = `${folder}/answer.txt`;
  switch (results.length) {
    case 0:
      return {
        thinking: 'Two files; both can be read at once.',
        text: 'I read both.',
        calls: [agent.reads(`${folder}/one.txt`), agent.reads(`${folder}/two.txt`)],
      };
    case 2: {
      const words = results.map(({ text }) => / word is (\S+)\./.exec(text)?.[1] ?? 'missing');
      const wanted = words[0] === FOUND[0] ? words : words.toReversed();
      return {
        thinking: 'Now I know both.',
        calls: [agent.writes(path, `${wanted.join('\n')}\n`)],
      };
    }
    case 3:
      return {
        thinking: 'Loud is in capitals.',
        calls: [agent.changes(path, FOUND[0], 'ZÜRICH-東京')],
      };
    case 4:
      return { text: FINAL };
    default:
      throw new Error(`nothing is written for ${results.length} results`);
  }
}

function isOfTask(agent: CodingAgent, ask: SeenTurn['ask']): boolean {
  return ask?.tools.some(({ name }) => name === agent.reads('').name) ?? false;
}

async function tell(
  agent: CodingAgent,
  wire: WireName,
  done: {
    readonly run: AgentRun;
    readonly seen: readonly SeenTurn[];
    readonly place: Workplace;
    readonly gateway: GatewayUnderTest;
  },
): Promise<DoneTask> {
  const { run, seen, place, gateway } = done;
  const rows = await gateway.rows();
  if (run.exitCode !== 0)
    console.log(
      run,
      seen.map(({ path, refused }) => ({ path, refused })),
    );
  return {
    agent,
    wire,
    run,
    answer: place.has('answer.txt') ? place.read('answer.txt') : '',
    told: agent.told(run.stdout),
    turns: seen.filter(({ ask }) => isOfTask(agent, ask)),
    beside: seen.filter(({ ask }) => !isOfTask(agent, ask)),
    rows,
    logged: [...gateway.logged],
  };
}

/** What must hold of every run, whatever the agent and the wire. */
export function checkTask(
  done: DoneTask,
  expected: { readonly losses: readonly string[]; readonly beside: number },
): void {
  const { run, turns, rows } = done;
  expect({ exitCode: run.exitCode, told: done.told, answer: done.answer }).toEqual({
    exitCode: 0,
    told: FINAL,
    answer: `ZÜRICH-東京\n${FOUND[1]}\n`,
  });
  expect(run.wanted).toEqual([...(done.agent.wants ?? [])]);
  expect(run.tookMs).toBeLessThan(LIMIT_MS);
  // The provider checks as its maker does and knows no field of ours: nothing was refused.
  expect([...turns, ...done.beside].filter(({ refused }) => refused !== null)).toEqual([]);
  expect(turns.map(({ results }) => results.length)).toEqual([0, 2, 3, 4]);
  expect(done.beside).toHaveLength(expected.beside);
  checkResults(done);
  const offered = turns.map(({ ask }) => ask?.tools);
  for (const tools of offered) expect(tools).toEqual(offered[0]);
  expect(turns.map(({ headers }) => keyIn(headers))).toEqual(turns.map(() => 'alpha-secret'));
  expect(rows.map(({ outcome, status, provider }) => [outcome, status, provider])).toEqual(
    [...turns, ...done.beside].map(() => ['ok', 200, 'alpha']),
  );
  for (const { cost_usd, usage } of rows) {
    expect(cost_usd).toBeGreaterThan(0);
    expect(usage.output).toBeGreaterThan(0);
  }
  const losses = rows.flatMap((row) => row.losses.map((loss) => loss.replace(/\d+/g, 'n')));
  expect([...new Set(losses)].sort()).toEqual([...expected.losses].sort());
  expect(done.logged.filter((line) => /^(?:warn|error)/.test(line))).toEqual([]);
}

/** Both files' results came with the right calls, and belong together as the wire has it. */
function checkResults({ wire, turns }: DoneTask): void {
  const both = turns[1]?.results ?? [];
  const texts = both.map(({ text }) => FOUND.findIndex((word) => text.includes(word)));
  expect(texts.toSorted()).toEqual([0, 1]);
  const [first, second] = both;
  expect((second?.turn ?? 0) - (first?.turn ?? 0)).toBe(RESULTS_APART[wire]);
}

function keyIn(headers: Headers): string | null {
  const plain = headers.get('x-api-key') ?? headers.get('x-goog-api-key');
  return plain ?? headers.get('authorization')?.replace('Bearer ', '') ?? null;
}
