// Responses, asked with OpenAI's SDK and its streaming helper.
import OpenAI from 'openai';
import type { Asking, Caller } from './caller.ts';
import type { Understood } from './listened.ts';
import { PARAMETERS, SCHEMA, TOOLS } from './question.ts';

type Answer = Pick<OpenAI.Responses.Response, 'output' | 'status' | 'usage'>;

export const responsesCaller: Caller = {
  dialect: 'openai-responses',
  stopped: 'completed',
  calling: 'completed',
  async ask(asking, tape, understood) {
    const { url, key, stream } = asking;
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: key,
      maxRetries: 0,
      fetch: tape.fetch,
    });
    if (!stream) {
      const answer = await client.responses.create(bodyOf(asking));
      understood.final = finalOf(answer);
      understood.text = understood.final?.text ?? '';
      return;
    }
    const run = client.responses.stream(bodyOf(asking));
    for await (const event of run) {
      if (event.type === 'response.output_text.delta') understood.text += event.delta;
      if (event.type === 'response.reasoning_summary_text.delta')
        understood.reasoning += event.delta;
    }
    understood.final = finalOf(await run.finalResponse());
  },
};

function bodyOf({ model, prompt, question, more }: Asking) {
  return {
    model,
    input: prompt,
    ...(question.tools
      ? {
          tools: TOOLS.map((name) => ({
            type: 'function' as const,
            name,
            parameters: PARAMETERS,
            strict: true,
          })),
        }
      : {}),
    ...(question.schema === null
      ? {}
      : {
          text: {
            format: {
              type: 'json_schema' as const,
              name: 'railway',
              strict: true,
              schema: SCHEMA,
            },
          },
        }),
    ...more,
  };
}

function finalOf({ output, status, usage }: Answer): Understood['final'] {
  const text = output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join('');
  return {
    text,
    calls: output.flatMap((item) =>
      item.type === 'function_call'
        ? [{ id: item.call_id, name: item.name, arguments: item.arguments }]
        : [],
    ),
    finish: status ?? null,
    usage: usage ? { input: usage.input_tokens, output: usage.output_tokens } : null,
  };
}
