// OpenAI's own SDK on the Responses wire, against a provider of each other wire, streamed and not: everything a response can
// carry arrives, both ways.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import type { ReplyMetadata } from '../../src/core/exchange.ts';
import { asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import { type Extended, only, openWorld, type Told, WAYS, type World } from './four-ways.ts';
import {
  ANSWER,
  PDF,
  PNG,
  THOUGHT,
  THOUGHT_SIGNATURE,
  THOUGHT_TOKENS,
  TIME,
  WEATHER,
} from './samples.ts';

type Response = OpenAI.Responses.Response;
type Body = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;
type Item = OpenAI.Responses.ResponseInputItem;

const TOOLS: OpenAI.Responses.FunctionTool[] = [WEATHER, TIME].map(
  ({ name, description, schema }) => ({
    type: 'function',
    name,
    description,
    parameters: schema,
    strict: false,
  }),
);
const PATCH: OpenAI.Responses.CustomTool = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Edits files.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "*** Begin Patch"' },
};

/** Asks with the SDK. A stream is put together by the SDK's own helper. */
async function askResponses(client: OpenAI, body: Body, stream: boolean): Promise<Told<Response>> {
  if (!stream) {
    const reply = await client.responses.create(body);
    return { reply, metadata: metadataIn(reply), events: [] };
  }
  const events: JsonObject[] = [];
  const run = client.responses.stream(body);
  run.on('event', (event) => events.push(structuredClone(event) as unknown as JsonObject));
  const reply = await run.finalResponse();
  const last = events.at(-1);
  expect(['response.completed', 'response.incomplete']).toContain(String(last?.type));
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
  return { reply, metadata: metadataIn(last?.response), events };
}

function metadataIn(response: unknown): ReplyMetadata {
  const metadata = asObject(asObject(response)?.gateway_metadata);
  if (!metadata) throw new Error('no metadata where it should be');
  return metadata as unknown as ReplyMetadata;
}

const callsOf = ({ output }: Response) =>
  output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
const thoughtsOf = ({ output }: Response) =>
  output.flatMap((item) => (item.type === 'reasoning' ? [item] : []));

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

for (const way of WAYS) {
  const atAlpha = way.wire === 'alpha';
  /** Asks and returns the reply with the one request and the one row it caused. */
  const ask = async (body: Extended<Omit<Body, 'model'>>, model = 'echo') => {
    const caused = await world.watch(() =>
      askResponses(world.openai, { ...body, model: `${way.wire}/${model}` }, way.stream),
    );
    return { ...caused.result, ...only(caused, way.wire) };
  };

  describe(way.name, () => {
    test('text', async () => {
      const { reply, sent, metadata, row } = await ask({
        input: 'Hello',
        instructions: 'Be brief.',
      });
      expect(reply.output_text).toBe(`${ANSWER} You said: Hello`);
      expect(reply.output.map(({ type }) => type)).toEqual(['message']);
      expect(reply).toMatchObject({
        object: 'response',
        status: 'completed',
        model: `${way.wire}/echo`,
        instructions: 'Be brief.',
        error: null,
        incomplete_details: null,
        metadata: {},
      });
      expect(reply.id).toBe(`resp_${metadata.generation_id}`);
      if (atAlpha)
        expect(sent.messages).toEqual([
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hello' },
        ]);
      else {
        expect(sent.system).toBe('Be brief.');
        expect(sent.messages).toEqual([{ role: 'user', content: 'Hello' }]);
      }
      expect(metadata.losses).toEqual([]);
      expect(row).toMatchObject({
        endpoint: 'responses',
        dialect: 'openai-responses',
        stream: way.stream,
        finish_reason: 'stop',
      });
    });

    test('usage, in full', async () => {
      const { reply, row } = await ask({ input: 'Hello' }, 'cached');
      expect(reply.usage).toEqual({
        input_tokens: (row.usage.input ?? 0) + 1024,
        input_tokens_details: { cached_tokens: 1024, cache_write_tokens: 0 },
        output_tokens: row.usage.output ?? 0,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: (row.usage.input ?? 0) + 1024 + (row.usage.output ?? 0),
      });
    });

    test('a conversation in items', async () => {
      const { reply, sent } = await ask({
        input: [
          { role: 'developer', content: 'Be kind.' },
          { role: 'user', content: 'Hello' },
          { type: 'message', role: 'assistant', content: 'Hi.' },
          { role: 'user', content: [{ type: 'input_text', text: 'And now?' }] },
        ],
      });
      expect(reply.output_text).toBe(`${ANSWER} You said: And now?`);
      expect(asObjects(sent.messages).slice(-3)).toEqual([
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'user', content: 'And now?' },
      ]);
    });

    test('cut at max_output_tokens', async () => {
      const { reply, sent } = await ask({ input: 'Hello', max_output_tokens: 3 });
      expect([reply.status, reply.incomplete_details]).toEqual([
        'incomplete',
        { reason: 'max_output_tokens' },
      ]);
      expect(reply.usage?.output_tokens).toBe(3);
      expect(sent.max_tokens).toBe(3);
    });

    test('a refusal', async () => {
      const { reply } = await ask({ input: 'Hello' }, 'echo+refusal');
      const [message] = reply.output;
      const [part] = message?.type === 'message' ? message.content : [];
      // Anthropic's wire tells a refusal by its stop reason, OpenAI's by where the words stand.
      expect([reply.status, part?.type]).toEqual(
        atAlpha ? ['completed', 'refusal'] : ['incomplete', 'output_text'],
      );
    });

    test('images and files', async () => {
      const { reply, metadata } = await ask({
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'Look' },
              { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${PNG}` },
              { type: 'input_image', detail: 'auto', image_url: 'https://images.test/a.png' },
              {
                type: 'input_file',
                filename: 'a.pdf',
                file_data: `data:application/pdf;base64,${PDF}`,
              },
            ],
          },
        ],
      });
      expect(reply.output_text).toBe(`${ANSWER} You said: Look [2 images] [1 document]`);
      expect(metadata.losses).toEqual([]);
    });

    test('metadata is the caller’s: echoed, not sent to other wires, and logged', async () => {
      const { reply, sent, row } = await ask({ input: 'Hello', metadata: { plan: 'pro' } });
      expect(reply.metadata).toEqual({ plan: 'pro' });
      expect(sent.metadata).toBeUndefined();
      expect(row.metadata).toEqual({ plan: 'pro' });
    });

    test('the whole tool loop, with parallel calls', async () => {
      const first = await ask({ input: 'Hello', tools: TOOLS }, 'parallel-tools+chunk=1');
      const calls = callsOf(first.reply);
      expect(calls.map(({ name, arguments: text }) => [name, JSON.parse(text)])).toEqual([
        ['weather', { city: 'simulated city' }],
        ['time', { zone: 'simulated zone' }],
      ]);
      expect(new Set(calls.map(({ call_id }) => call_id)).size).toBe(2);
      expect(first.reply.status).toBe('completed');
      expect(first.reply.tools).toMatchObject(TOOLS);
      world.sims[way.wire].clear();
      const second = await ask(
        {
          input: [
            { role: 'user', content: 'Hello' },
            ...(first.reply.output as Item[]),
            { type: 'function_call_output', call_id: calls[0]?.call_id ?? '', output: 'rain' },
            {
              type: 'function_call_output',
              call_id: calls[1]?.call_id ?? '',
              output: [{ type: 'input_text', text: 'noon' }],
            },
          ],
          tools: TOOLS,
        },
        'parallel-tools',
      );
      expect(second.reply.output_text).toBe(
        `${ANSWER} weather returned: rain. time returned: noon.`,
      );
      expect(asObjects(second.sent.messages)).toHaveLength(atAlpha ? 4 : 3);
    });

    test.each([
      ['none', 'none', { type: 'none' }],
      ['required', 'required', { type: 'any' }],
      [
        { type: 'function', name: 'time' },
        { type: 'function', function: { name: 'time' } },
        { type: 'tool', name: 'time' },
      ],
      [
        { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'time' }] },
        'required',
        { type: 'any' },
      ],
    ] as const)('tool_choice %j', async (choice, alpha, beta) => {
      const tool_choice = choice as NonNullable<
        OpenAI.Responses.ResponseCreateParams['tool_choice']
      >;
      const { sent, reply } = await ask({ input: 'Hi', tools: TOOLS, tool_choice }, 'tools');
      expect(sent.tool_choice).toEqual((atAlpha ? alpha : beta) as never);
      expect(callsOf(reply).length).toBe(choice === 'none' ? 0 : 1);
    });

    test('a free-text tool is called with free text, and its result read', async () => {
      const first = await ask({ input: 'Patch', tools: [PATCH] }, 'tools');
      const [call] = first.reply.output.flatMap((item) =>
        item.type === 'custom_tool_call' ? [item] : [],
      );
      expect(call).toMatchObject({ name: 'apply_patch', input: 'simulated input' });
      if (way.stream)
        expect(first.events.map(({ type }) => type)).toContain(
          'response.custom_tool_call_input.delta',
        );
      world.sims[way.wire].clear();
      const second = await ask(
        {
          input: [
            { role: 'user', content: 'Patch' },
            ...(first.reply.output as Item[]),
            { type: 'custom_tool_call_output', call_id: call?.call_id ?? '', output: 'Done' },
          ],
          tools: [PATCH],
        },
        'tools',
      );
      expect(second.reply.output_text).toBe(`${ANSWER} apply_patch returned: Done.`);
      expect(second.metadata.losses).toEqual([
        'tools[0].format: the model is told of the grammar, not held to it',
      ]);
    });

    test("structured output, read by the SDK's zod helper", async () => {
      const Reply = z.object({ city: z.string(), warm: z.boolean() });
      const body = {
        // A model that is known to hold to a schema.
        model: `${way.wire}/claude-haiku-4-5`,
        input: 'Hello',
        text: { format: zodTextFormat(Reply, 'forecast') },
      };
      const reply = way.stream
        ? await world.openai.responses.stream(body).finalResponse()
        : await world.openai.responses.parse(body);
      expect(reply.output_parsed).toEqual({ city: 'simulated city', warm: true });
    });

    test('reasoning is shown, counted, and comes back with its signature', async () => {
      // A model that takes a budget and knows efforts.
      const model = 'claude-opus-4-5';
      const body = {
        max_output_tokens: 8000,
        reasoning: { effort: 'medium', summary: 'auto' },
        include: ['reasoning.encrypted_content'],
        store: false,
        tools: TOOLS,
      } as const;
      const first = await ask(
        { ...body, include: [...body.include], tools: TOOLS, input: 'Why?' },
        `${model}+tools=1`,
      );
      const [thought] = thoughtsOf(first.reply);
      expect(thought?.summary).toEqual([{ type: 'summary_text', text: THOUGHT }]);
      expect(first.reply.usage?.output_tokens_details.reasoning_tokens).toBe(THOUGHT_TOKENS);
      expect(first.metadata.losses).toEqual([]);
      const [call] = callsOf(first.reply);
      world.sims[way.wire].clear();
      const second = await ask(
        {
          ...body,
          include: [...body.include],
          tools: TOOLS,
          input: [
            { role: 'user', content: 'Why?' },
            ...(first.reply.output as Item[]),
            { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'rain' },
          ],
        },
        model,
      );
      expect(second.reply.output_text).toBe(`${ANSWER} weather returned: rain.`);
      if (atAlpha) return;
      const blocks = asObjects(asObjects(second.sent.messages)[1]?.content);
      expect(blocks.filter(({ type }) => type === 'thinking')).toEqual([
        { type: 'thinking', thinking: THOUGHT, signature: THOUGHT_SIGNATURE },
      ]);
    });

    test('items that are named by their ids are put in', async () => {
      const body = {
        max_output_tokens: 8000,
        reasoning: { effort: 'medium' },
        tools: TOOLS,
      } as const;
      const model = 'claude-opus-4-5';
      const first = await ask({ ...body, tools: TOOLS, input: 'Why?' }, `${model}+tools=1`);
      const [call] = callsOf(first.reply);
      world.sims[way.wire].clear();
      const second = await ask(
        {
          ...body,
          tools: TOOLS,
          input: [
            { role: 'user', content: 'Why?' },
            ...first.reply.output.map(
              ({ id }) => ({ type: 'item_reference', id: id ?? '' }) as const,
            ),
            { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'rain' },
          ],
        },
        model,
      );
      expect(second.reply.output_text).toBe(`${ANSWER} weather returned: rain.`);
      const turn = asObjects(second.sent.messages)[1];
      if (atAlpha) expect(asObjects(turn?.tool_calls).map(({ id }) => id)).toEqual([call?.call_id]);
      else
        expect(asObjects(turn?.content)).toEqual([
          { type: 'thinking', thinking: THOUGHT, signature: THOUGHT_SIGNATURE },
          {
            type: 'tool_use',
            id: call?.call_id,
            name: 'weather',
            input: { city: 'simulated city' },
          },
        ] as never);
    });

    test('reasoning stays out where the caller asked so', async () => {
      const { reply, row } = await ask(
        {
          input: 'Why?',
          max_output_tokens: 8000,
          reasoning: { effort: 'low', exclude: true } as OpenAI.Reasoning,
        },
        'claude-opus-4-5',
      );
      expect(thoughtsOf(reply)).toEqual([]);
      expect(row.usage.reasoning).toBe(THOUGHT_TOKENS);
    });

    test('a provider’s refusal is an HTTP error of this wire', async () => {
      const thrown = await askResponses(
        world.openai,
        { model: `${way.wire}/echo+status=429`, input: 'Hi' },
        way.stream,
      ).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(OpenAI.RateLimitError);
      expect(thrown instanceof OpenAI.APIError && thrown.code).toBe('upstream_rate_limited');
    });

    if (way.stream)
      test('broken off, the SDK throws, and whoever waits for a last event gets it', async () => {
        const body = { model: `${way.wire}/echo+tokens=50+cut=20`, input: 'Hi', stream: true };
        const seen: string[] = [];
        const read = async () => {
          const stream = await world.openai.responses.create({ ...body, stream: true });
          for await (const event of stream) seen.push(event.type);
        };
        const thrown = await read().catch((error: unknown) => error);
        expect(thrown).toBeInstanceOf(OpenAI.APIError);
        expect(seen.filter((type) => type === 'response.output_text.delta').length).toBe(20);
        const raw = await (await world.gateway.post('/v1/responses', body)).text();
        const frames = raw.trim().split('\n\n');
        expect(frames.at(-2)).toStartWith('event: error\n');
        const last = JSON.parse(frames.at(-1)?.split('\ndata: ')[1] ?? '') as JsonObject;
        expect(last).toMatchObject({
          type: 'response.failed',
          sequence_number: frames.length - 1,
          response: {
            status: 'failed',
            error: { code: 'server_error', message: expect.any(String) },
            gateway_metadata: { attempts: [{ success: false }] },
          },
        });
        expect(raw).not.toContain('response.completed');
      });
  });
}

describe('what no wire can do', () => {
  test.each([
    [{ input: 'Hi', background: true }, 'background'],
    [{ input: 'Hi', conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{}, 'input'],
  ])('%j is refused by name', async (body, param) => {
    const reply = await world.gateway.post('/v1/responses', { model: 'alpha/echo', ...body });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({
      error: { param, type: 'invalid_request_error', message: expect.stringContaining(param) },
      gateway_metadata: { generation_id: expect.any(String) },
    });
  });

  test('a reference to an item nobody has is refused by its place', async () => {
    const ours = 'msg_01a203f4-12b8-7302-b8b6-ae82b8e98faa_0';
    for (const [id, code] of [
      [ours, 'invalid_request'],
      ['msg_0abc', 'unsupported_feature'],
    ]) {
      const input = [{ role: 'user', content: 'Hi' }, { id }];
      const reply = await world.gateway.post('/v1/responses', { model: 'alpha/echo', input });
      expect(reply.status).toBe(400);
      expect(await reply.json()).toMatchObject({ error: { param: 'input[1]', code } });
    }
  });

  test('other roots lead here too', async () => {
    for (const path of ['/responses', '/v1/v1/responses'])
      expect((await world.gateway.post(path, { model: 'alpha/echo', input: 'Hi' })).status).toBe(
        200,
      );
  });
});
