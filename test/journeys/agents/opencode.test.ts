// OpenCode through the gateway: as a client of OpenAI's wire on a model that speaks Anthropic's, and the other way round.
import { expect, test } from 'bun:test';
import { asObject, asString, parseJson } from '../../../src/lib/json.ts';
import { usersWords, withCodingRouter } from './coding-router.ts';
import { type CodingAgent, checkTask, doTask, TIME_MS, withAgent } from './coding-task.ts';
import { nativeBinary } from './native-binary.ts';
import type { WireName } from './scripted-model.ts';

/** @param library of the AI SDK that it speaks to the gateway with */
function openCode(library: string): CodingAgent {
  return {
    name: 'opencode',
    packages: { 'opencode-ai': '1.18.33' },
    // Its library for plugins, which it looks for whether there are any or not.
    wants: ['registry.npmjs.org:443'],
    prepare({ client, place, url, key, model, prompt }) {
      place.write(
        `${place.home}/.config/opencode/opencode.json`,
        JSON.stringify({
          autoupdate: false,
          share: 'disabled',
          model: `switchyard/${model}`,
          small_model: `switchyard/${model}`,
          enabled_providers: ['switchyard'],
          permission: { edit: 'allow', bash: 'deny', webfetch: 'deny' },
          provider: {
            switchyard: {
              npm: library,
              options: { baseURL: `${url}/v1`, apiKey: key },
              models: {
                [model]: {
                  tool_call: true,
                  reasoning: true,
                  limit: { context: 200_000, output: 32_000 },
                },
              },
            },
          },
        }),
      );
      return {
        command: [
          nativeBinary(client, (system) => `opencode-${system}/bin/opencode`),
          ...['run', '--format', 'json', prompt],
        ],
        environment: {
          OPENCODE_DISABLE_AUTOUPDATE: '1',
          OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
          OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
          OPENCODE_DISABLE_MODELS_FETCH: '1',
          OPENCODE_DISABLE_SHARE: '1',
        },
      };
    },
    reads: (path) => ({ name: 'read', input: { filePath: path } }),
    writes: (path, text) => ({ name: 'write', input: { filePath: path, content: text } }),
    changes: (path, from, to) => ({
      name: 'edit',
      input: { filePath: path, oldString: from, newString: to },
    }),
    told: (stdout) =>
      stdout
        .split('\n')
        .map((line) => asObject(parseJson(line)))
        .filter((event) => event?.type === 'text')
        .map((event) => asString(asObject(event?.part)?.text) ?? '')
        .at(-1) ?? stdout,
  };
}

const WAYS: readonly (readonly [library: string, wire: WireName, losses: readonly string[]])[] = [
  [
    '@ai-sdk/openai',
    'gemini',
    ['prompt_cache_key: a field of openai-responses that has no counterpart here'],
  ],
  [
    '@ai-sdk/openai-compatible',
    'anthropic-messages',
    // This library keeps the text of the reasoning and not what signs it: the gateway puts that back.
    [],
  ],
  ['@ai-sdk/anthropic', 'openai-chat', ['cache_control: n prompt-cache marks not taken by alpha']],
];

await withAgent(openCode(''), (client) => {
  for (const [library, wire, losses] of WAYS)
    test(
      `with ${library} does its work on a model behind ${wire}`,
      async () => {
        checkTask(await doTask(openCode(library), client, wire), { losses, beside: 1 });
      },
      TIME_MS,
    );

  test(
    'a command whose file begins with the command chooses the model',
    () =>
      withCodingRouter(openCode('@ai-sdk/anthropic'), client, async ({ place, ask }) => {
        const file = `${place.folder}/.opencode/commands/review.md`;
        place.write(file, '/review Review this: $ARGUMENTS\n');
        const byName = (command: readonly string[]) => [
          ...command.slice(0, -1),
          ...['--command', 'review', ...command.slice(-1)],
        ];
        const reviewed = await ask('everything', byName);
        // It also asks for a title, in words of its own.
        expect(reviewed.routes.toSorted()).toEqual(['command-review', 'default']);
        expect(reviewed.told?.body.model).toBe('reviewer');
        expect(usersWords(reviewed)).toContain('Review this: everything');
        expect(usersWords(reviewed)).not.toContain('/review');
        expect((await ask('Look at the diff')).routes).toEqual(['default']);
      }),
    TIME_MS,
  );
});
