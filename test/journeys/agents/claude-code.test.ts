// Claude Code through the gateway, on models that speak another wire than its own.
import { expect, test } from 'bun:test';
import { asObject, asString, parseJson } from '../../../src/lib/json.ts';
import { usersWords, withCodingRouter } from './coding-router.ts';
import { type CodingAgent, checkTask, doTask, TIME_MS, withAgent } from './coding-task.ts';
import { nativeBinary } from './native-binary.ts';
import type { WireName } from './scripted-model.ts';

const CLAUDE_CODE: CodingAgent = {
  name: 'claude-code',
  packages: { '@anthropic-ai/claude-code': '2.1.330' },
  prepare: ({ client, url, key, model, prompt }) => ({
    command: [
      nativeBinary(client, (system) => `@anthropic-ai/claude-code-${system}/claude`),
      ...['-p', prompt, '--output-format', 'json', '--model', model],
      ...['--permission-mode', 'acceptEdits'],
    ],
    environment: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_MODEL: model,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_TELEMETRY: '1',
    },
  }),
  reads: (path) => ({ name: 'Read', input: { file_path: path } }),
  writes: (path, text) => ({ name: 'Write', input: { file_path: path, content: text } }),
  changes: (path, from, to) => ({
    name: 'Edit',
    input: { file_path: path, old_string: from, new_string: to },
  }),
  told: (stdout) => asString(asObject(parseJson(stdout))?.result) ?? stdout,
};

/** What each wire has no word for. */
const LOSSES: { readonly [W in WireName]?: readonly string[] } = {
  'openai-responses': [
    'cache_control: n prompt-cache marks have no place here; echo may cache unasked',
    'context_management: a field of anthropic-messages that has no counterpart here',
    'thinking: a field of anthropic-messages that has no counterpart here',
    'tools[n].defer_loading: a field of anthropic-messages that has no counterpart here',
    'user: longer than the n characters this wire takes',
  ],
  gemini: [
    'cache_control: n prompt-cache marks dropped; the API caches unasked',
    'context_management: a field of anthropic-messages that has no counterpart here',
    "messages[n].content[n]: reasoning dropped; it is not this model maker's",
    'messages[n]: no instruction may stand here; sent inside a user turn',
    'thinking: a field of anthropic-messages that has no counterpart here',
    'tools[n].defer_loading: dropped; only anthropic-messages has it',
  ],
  'bedrock-converse': [
    'context_management: dropped; only anthropic-messages has it',
    'messages[n].content[n].cache_control: dropped; the model caches nothing in its messages',
    'messages[n].content[n].cache_control: dropped; the model caches nothing in its system',
    "messages[n].content[n]: reasoning dropped; it is not signed by the model's maker",
    'messages[n]: system text stands only before the conversation; sent inside a user turn',
    'reasoning: the model cannot be told how much to think; dropped',
    'system.content[n].cache_control: dropped; the model caches nothing in its system',
    'thinking: dropped; only anthropic-messages has it',
    'tools[n].defer_loading: dropped; only anthropic-messages has it',
  ],
  cohere: [
    'cache_control: n prompt-cache marks dropped; prompts are cached unasked here',
    'context_management: a field of anthropic-messages that has no counterpart here',
    'thinking: a field of anthropic-messages that has no counterpart here',
    'tools[n].defer_loading: dropped; only anthropic-messages has it',
    'user: dropped; the wire has no such field',
  ],
  'openai-chat': [
    'cache_control: n prompt-cache marks not taken by alpha',
    'context_management: a field of anthropic-messages that has no counterpart here',
    'messages[n]: reasoning before a tool call is not taken back by this provider',
    'thinking: a field of anthropic-messages that has no counterpart here',
    'tools[n].defer_loading: a field of anthropic-messages that has no counterpart here',
  ],
};

await withAgent(CLAUDE_CODE, (client) => {
  for (const [wire, losses] of Object.entries(LOSSES) as [WireName, readonly string[]][])
    test(
      `does its work on a model behind ${wire}`,
      async () => {
        const done = await doTask(CLAUDE_CODE, client, wire);
        checkTask(done, { losses, beside: 0 });
        const names = done.turns[0]?.ask?.tools.map(({ name }) => name) ?? [];
        for (const name of ['Bash', 'Edit', 'Read', 'Write']) expect(names).toContain(name);
      },
      TIME_MS,
    );

  test(
    'its slash commands choose the model, until another or /model',
    () =>
      withCodingRouter(CLAUDE_CODE, client, async ({ place, ask }) => {
        const file = `${place.folder}/.claude/commands/review.md`;
        place.write(file, 'Review this: $ARGUMENTS\n');
        const first = await ask('/review the diff');
        expect(first.routes).toEqual(['command-review']);
        // What the agent made of its own command is its own: nothing of it is cut.
        expect(usersWords(first)).toContain('Review this: the diff');
        const session = asString(asObject(parseJson(first.run.stdout))?.session_id) ?? '';
        const goOn = (prompt: string) =>
          ask(prompt, (command) => [...command, '--resume', session]);

        expect((await goOn('And the tests?')).routes).toEqual(['command-review']);
        // A command that it does not have goes out as it was typed.
        const docs = await goOn('/docs the readme');
        expect(docs.routes).toEqual(['command-docs']);
        expect(usersWords(docs)).toContain('the readme');
        expect(usersWords(docs)).not.toMatch(/^\/docs the readme/m);
        // It answers /model by itself, and tells the model of it with what is asked next.
        expect((await goOn('/model')).rows).toEqual([]);
        const last = await goOn('Go on.');
        expect(last.routes).toEqual(['default']);
        expect(last.rows.map(({ model, status }) => [model, status])).toEqual([
          ['alpha/usual', 200],
        ]);
      }),
    TIME_MS,
  );
});
