// A gateway with a router for coding between an agent and a scripted model: one run after another, and who served each of them.
import type { LogRow } from '../../../src/core/log-row.ts';
import { ADMIN_KEY, startGateway } from '../gateway-under-test.ts';
import { type AgentRun, openWorkplace, runAgent, type Workplace } from './agent-run.ts';
import type { FetchedClient } from './client-cache.ts';
import type { CodingAgent } from './coding-task.ts';
import { type SeenTurn, startScriptedModel } from './scripted-model.ts';

/** What one run of the agent caused. */
export interface Served {
  readonly run: AgentRun;
  /** The routes its requests took, each told once. */
  readonly routes: readonly (string | null)[];
  readonly rows: readonly LogRow[];
  /** Its last request, as the model got it. */
  readonly told: SeenTurn | undefined;
}

export interface CodingRouter {
  readonly place: Workplace;
  /** Runs the agent once. @param change what of its command is different from a plain run's */
  ask(prompt: string, change?: (command: readonly string[]) => readonly string[]): Promise<Served>;
}

/** The models are `alpha/usual`, `alpha/reviewer` and `alpha/writer`. */
const CONFIGURATION = `
routers:
  - name: coding
    default_route: { variants: [{ weight: 100, variant: { model_id: alpha/usual } }] }
    commands: { review: alpha/reviewer, docs: alpha/writer }
`;

/** The agent speaks to the router; behind it are models of OpenAI's wire. */
export async function withCodingRouter(
  agent: CodingAgent,
  client: FetchedClient,
  work: (router: CodingRouter) => Promise<void>,
): Promise<void> {
  using place = openWorkplace();
  const model = startScriptedModel('openai-chat', () => ({ text: 'Done.' }));
  const gateway = await startGateway(`
providers:
  alpha: { dialect: openai-chat, base_url: "${model.url}", api_key: alpha-secret }
${CONFIGURATION}`);
  try {
    let rowsBefore = 0;
    await work({
      place,
      async ask(prompt, change = (command) => command) {
        const { url } = gateway;
        const start = { client, place, url, key: ADMIN_KEY, model: 'router/coding', prompt };
        const { command, environment } = agent.prepare(start);
        const turnsBefore = model.seen.length;
        const run = await runAgent(change(command), place, environment);
        if (run.exitCode !== 0) console.log(run);
        const rows = (await gateway.rows()).slice(rowsBefore);
        rowsBefore += rows.length;
        const routes = [...new Set(rows.map(({ route_id }) => route_id))];
        return { run, routes, rows, told: model.seen.slice(turnsBefore).at(-1) };
      },
    });
  } finally {
    await gateway.stop();
    await model.stop();
  }
}

/** The texts of the users' turns, joined, as the model got them. */
export function usersWords({ told }: Served): string {
  const messages = (told?.body.messages ?? []) as readonly { role: string; content: unknown }[];
  return messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)))
    .join('\n');
}
