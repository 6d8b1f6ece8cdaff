// What the official clients' stream helpers put together from the text of a stream.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { CallerDialectId } from '../../src/core/dialect.ts';

export interface Assembled {
  readonly id: string;
  readonly text: string;
  /** Names and arguments of the tool calls. */
  readonly calls: readonly (readonly [name: string, input: unknown])[];
  /** Tokens in and out. */
  readonly usage: readonly [number | undefined, number | undefined];
}

/** Rejects as the client does. @param stream the body of the reply. */
export async function assembled(wire: CallerDialectId, stream: string): Promise<Assembled> {
  const fetch = async () =>
    new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  const options = { apiKey: 'key', maxRetries: 0, fetch };
  switch (wire) {
    case 'openai-chat':
      return chat(new OpenAI(options));
    case 'openai-responses':
      return responses(new OpenAI(options));
    case 'anthropic-messages':
      return messages(new Anthropic(options));
  }
}

async function chat(client: OpenAI): Promise<Assembled> {
  const { id, choices, usage } = await client.chat.completions
    .stream({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
    .finalChatCompletion();
  const message = choices[0]?.message;
  const calls = (message?.tool_calls ?? []).map((call) =>
    call.type === 'function'
      ? ([call.function.name, JSON.parse(call.function.arguments)] as const)
      : (['', null] as const),
  );
  const text = message?.content ?? '';
  return { id, text, calls, usage: [usage?.prompt_tokens, usage?.completion_tokens] };
}

async function responses(client: OpenAI): Promise<Assembled> {
  const { id, output, usage } = await client.responses
    .stream({ model: 'm', input: 'Hi' })
    .finalResponse();
  const text = output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join('');
  const calls = output.flatMap((item) =>
    item.type === 'function_call' ? [[item.name, JSON.parse(item.arguments)] as const] : [],
  );
  return { id, text, calls, usage: [usage?.input_tokens, usage?.output_tokens] };
}

async function messages(client: Anthropic): Promise<Assembled> {
  const { id, content, usage } = await client.messages
    .stream({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] })
    .finalMessage();
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const calls = content.flatMap((block) =>
    block.type === 'tool_use' ? [[block.name, block.input] as const] : [],
  );
  return { id, text, calls, usage: [usage.input_tokens, usage.output_tokens] };
}
