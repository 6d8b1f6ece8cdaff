// Chat Completions, asked with OpenAI's SDK and its streaming helper.
import OpenAI from 'openai';
import { asString, type JsonObject } from '../../src/lib/json.ts';
import type { Asking, Caller } from './caller.ts';
import type { Understood } from './listened.ts';
import { PARAMETERS, SCHEMA, TOOLS } from './question.ts';

type Completion = OpenAI.Chat.ChatCompletion;

export const chatCaller: Caller = {
  dialect: 'openai-chat',
  stopped: 'stop',
  calling: 'tool_calls',
  async ask(asking, tape, understood) {
    const { url, key, stream } = asking;
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: key,
      maxRetries: 0,
      fetch: tape.fetch,
    });
    if (!stream) {
      understood.final = finalOf(await client.chat.completions.create(bodyOf(asking)), understood);
      return;
    }
    const run = client.chat.completions.stream({
      ...bodyOf(asking),
      stream_options: { include_usage: true },
    });
    run.on('chunk', ({ choices }) => {
      const delta = choices[0]?.delta;
      understood.text += delta?.content ?? '';
      understood.reasoning += reasoningOf(delta);
    });
    const final = await run.finalChatCompletion();
    understood.final = finalOf(final, null);
  },
};

function bodyOf({ model, prompt, question, more }: Asking) {
  return {
    model,
    messages: [{ role: 'user' as const, content: prompt }],
    ...(question.tools
      ? {
          tools: TOOLS.map((name) => ({
            type: 'function' as const,
            function: { name, parameters: PARAMETERS },
          })),
        }
      : {}),
    ...(question.schema === null
      ? {}
      : {
          response_format: {
            type: 'json_schema' as const,
            json_schema: { name: 'railway', strict: true, schema: SCHEMA },
          },
        }),
    ...more,
  };
}

function finalOf(completion: Completion, heard: Understood | null): Understood['final'] {
  const choice = completion.choices[0];
  const message = choice?.message;
  const text = message?.content ?? '';
  if (heard !== null) {
    heard.text = text;
    heard.reasoning = reasoningOf(message);
  }
  const { usage } = completion;
  return {
    text,
    calls: (message?.tool_calls ?? []).map((call) => ({
      id: call.id,
      name: call.type === 'function' ? call.function.name : '',
      arguments: call.type === 'function' ? call.function.arguments : '',
    })),
    finish: choice?.finish_reason ?? null,
    usage: usage ? { input: usage.prompt_tokens, output: usage.completion_tokens } : null,
  };
}

/** Not a field of its maker's. */
function reasoningOf(carrier: object | undefined): string {
  const fields: JsonObject = { ...carrier };
  return asString(fields.reasoning_content) ?? asString(fields.reasoning) ?? '';
}
