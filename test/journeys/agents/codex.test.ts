// Codex through the gateway's Responses endpoint, on models that speak another wire: shell calls in parallel and free-text patches.
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import {
  asObject,
  asObjects,
  asString,
  type JsonObject,
  parseJson,
} from '../../../src/lib/json.ts';
import { usersWords, withCodingRouter } from './coding-router.ts';
import { type CodingAgent, checkTask, doTask, TIME_MS, withAgent } from './coding-task.ts';
import type { WireName } from './scripted-model.ts';

/** Codex with a model whose tools are plain ones beside each other. */
const CODEX: CodingAgent = {
  name: 'codex',
  packages: { '@openai/codex': '0.169.0' },
  // Its tools go by the model's name: for this one patches are free text held to a grammar.
  model: 'gpt-5.5',
  prepare({ client, place, url, key, model, prompt }) {
    place.write(
      `${place.home}/.codex/config.toml`,
      `model = "${model}"
model_provider = "switchyard"
check_for_update_on_startup = false
web_search = "disabled"
[features]
apps = false
plugins = false
[analytics]
enabled = false
[model_providers.switchyard]
name = "Switchyard"
base_url = "${url}/v1"
env_key = "SWITCHYARD_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
`,
    );
    return {
      command: [
        ...['node', join(client.folder, 'node_modules/@openai/codex/bin/codex.js')],
        ...['exec', '--json', '--skip-git-repo-check', '--sandbox', 'danger-full-access', prompt],
      ],
      environment: { CODEX_HOME: `${place.home}/.codex`, SWITCHYARD_KEY: key },
    };
  },
  reads: (path) => ({ name: 'exec_command', input: { cmd: `cat '${path}'` } }),
  writes: (path, text) => ({
    name: 'apply_patch',
    input: patch(`*** Add File: ${path}`, ...lines(text).map((line) => `+${line}`)),
  }),
  changes: (path, from, to) => ({
    name: 'apply_patch',
    input: patch(`*** Update File: ${path}`, '@@', `-${from}`, `+${to}`),
  }),
  told: (stdout) =>
    stdout
      .split('\n')
      .map((line) => asObject(asObject(parseJson(line))?.item))
      .filter((item) => item?.type === 'agent_message')
      .map((item) => asString(item?.text) ?? '')
      .at(-1) ?? stdout,
};

const patch = (...body: readonly string[]) =>
  ['*** Begin Patch', ...body, '*** End Patch', ''].join('\n');
const lines = (text: string) => text.trimEnd().split('\n');

const LOSSES: { readonly [W in WireName]?: readonly string[] } = {
  gemini: [
    'client_metadata: a field of openai-responses that has no counterpart here',
    "input[n].content[n]: reasoning dropped; it is not this model maker's",
    'prompt_cache_key: a field of openai-responses that has no counterpart here',
    'text: a field of openai-responses that has no counterpart here',
    'tools[n]: tool_search dropped; only openai-responses has it',
    'tools[n].format: the model is told of the grammar, not held to it',
  ],
  'bedrock-converse': [
    'client_metadata: dropped; only openai-responses has it',
    "input[n].content[n]: reasoning dropped; it is not signed by the model's maker",
    'prompt_cache_key: dropped; only openai-responses has it',
    'reasoning: the model cannot be told how much to think; dropped',
    'text: dropped; only openai-responses has it',
    'tools[n]: tool_search dropped; only openai-responses has it',
    'tools[n].format: the model is told of the grammar, not held to it',
  ],
  cohere: [
    'client_metadata: a field of openai-responses that has no counterpart here',
    'prompt_cache_key: a field of openai-responses that has no counterpart here',
    'reasoning.effort: "medium" only turns thinking on here',
    'text: a field of openai-responses that has no counterpart here',
    'tools[n]: tool_search dropped; only openai-responses has it',
    'tools[n].format: the model is told of the grammar, not held to it',
  ],
  'anthropic-messages': [
    'client_metadata: dropped; only openai-responses has it',
    'prompt_cache_key: dropped; only openai-responses has it',
    'text: dropped; only openai-responses has it',
    'tools[n].format: the model is told of the grammar, not held to it',
    'tools[n]: tool_search dropped; only openai-responses has it',
  ],
  'openai-chat': [
    'client_metadata: a field of openai-responses that has no counterpart here',
    'input[n]: reasoning before a tool call is not taken back by this provider',
    'prompt_cache_key: a field of openai-responses that has no counterpart here',
    'text: a field of openai-responses that has no counterpart here',
    'tools[n].format: the model is told of the grammar, not held to it',
    'tools[n]: tool_search is a tool of openai-responses that alpha does not have',
  ],
};

/** With its newer models all its tools are called from one program, which stands in a space of tools added among the input. */
const CODE_MODE: CodingAgent = {
  ...CODEX,
  model: 'gpt-6-sol',
  reads: (path) => ({
    name: 'exec',
    input: `text((await tools.exec_command({ cmd: "cat '${path}'" })).output);\n`,
  }),
  writes: (path, text) => ({ name: 'exec', input: patched(CODEX.writes(path, text).input) }),
  changes: (path, from, to) => ({
    name: 'exec',
    input: patched(CODEX.changes(path, from, to).input),
  }),
};

const patched = (text: JsonObject | string) =>
  `text(await tools.apply_patch(${JSON.stringify(text)}));\n`;

await withAgent(CODEX, (client) => {
  test(
    'does its work with tools in spaces, on a model behind anthropic-messages',
    async () => {
      const done = await doTask(CODE_MODE, client, 'anthropic-messages');
      checkTask(done, {
        beside: 0,
        losses: [
          'client_metadata: dropped; only openai-responses has it',
          'prompt_cache_key: dropped; only openai-responses has it',
          'text: dropped; only openai-responses has it',
          'tools[n].format: the model is told of the grammar, not held to it',
        ],
      });
    },
    TIME_MS,
  );

  for (const [wire, losses] of Object.entries(LOSSES) as [WireName, readonly string[]][])
    test(
      `does its work on a model behind ${wire}`,
      async () => {
        const done = await doTask(CODEX, client, wire);
        checkTask(done, { losses, beside: 0 });
        expect(done.turns[0]?.ask?.tools.map(({ name }) => name)).toContain('apply_patch');
        if (wire !== 'anthropic-messages') return;
        // Signed reasoning came back to its maker as it left, through a client of another maker: its check passed each time.
        const { messages } = done.turns.at(-1)?.body ?? {};
        const thoughts = asObjects(messages).flatMap(({ content }) =>
          asObjects(content).filter(({ type }) => type === 'thinking'),
        );
        expect(thoughts).toHaveLength(3);
      },
      TIME_MS,
    );

  test(
    'a slash command chooses the model, and is cut',
    () =>
      withCodingRouter(CODEX, client, async ({ ask }) => {
        const reviewed = await ask('/review the diff');
        expect(reviewed.routes).toEqual(['command-review']);
        expect(usersWords(reviewed)).toMatch(/^the diff$/m);
        expect(usersWords(reviewed)).not.toContain('/review');
        expect((await ask('Look at the diff')).routes).toEqual(['default']);
      }),
    TIME_MS,
  );
});
