// Messages, asked with Anthropic's SDK and its streaming helper.
import Anthropic from '@anthropic-ai/sdk';
import type { Asking, Caller } from './caller.ts';
import type { Understood } from './listened.ts';
import { PARAMETERS, SCHEMA, TOOLS } from './question.ts';

export const messagesCaller: Caller = {
  dialect: 'anthropic-messages',
  stopped: 'end_turn',
  calling: 'tool_use',
  async ask(asking, tape, understood) {
    const { url, key, stream } = asking;
    const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, fetch: tape.fetch });
    if (!stream) {
      understood.final = finalOf(await client.messages.create(bodyOf(asking)));
      understood.text = understood.final?.text ?? '';
      return;
    }
    const run = client.messages.stream(bodyOf(asking));
    run.on('streamEvent', (event) => {
      if (event.type !== 'content_block_delta') return;
      if (event.delta.type === 'text_delta') understood.text += event.delta.text;
      if (event.delta.type === 'thinking_delta') understood.reasoning += event.delta.thinking;
    });
    understood.final = finalOf(await run.finalMessage());
  },
};

function bodyOf({ model, prompt, question, more }: Asking) {
  return {
    model,
    max_tokens: 4000,
    messages: [{ role: 'user' as const, content: prompt }],
    ...(question.tools ? { tools: TOOLS.map((name) => ({ name, input_schema: PARAMETERS })) } : {}),
    ...(question.schema === null
      ? {}
      : { output_config: { format: { type: 'json_schema' as const, schema: SCHEMA } } }),
    ...more,
  };
}

function finalOf({ content, stop_reason, usage }: Anthropic.Message): Understood['final'] {
  const cached = (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use'
        ? [{ id: block.id, name: block.name, arguments: JSON.stringify(block.input) }]
        : [],
    ),
    finish: stop_reason,
    usage: { input: usage.input_tokens + cached, output: usage.output_tokens },
  };
}
