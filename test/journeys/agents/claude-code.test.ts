// Claude Code through the gateway, on models that speak another wire than its own.
import { expect, test } from 'bun:test';
import { asObject, asString, parseJson } from '../../../src/lib/json.ts';
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
});
