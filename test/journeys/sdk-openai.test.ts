// OpenAI's own SDK against a provider of each wire, streamed and not: everything a chat completion can carry arrives, both ways.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { asArray, asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import {
  askOpenAi,
  type ChatBody,
  type Extended,
  only,
  openWorld,
  streamed,
  type Told,
  WAYS,
  type World,
} from './four-ways.ts';
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

type Completion = OpenAI.Chat.ChatCompletion;
type Message = OpenAI.Chat.ChatCompletionMessageParam;

const HELLO: Message = { role: 'user', content: 'Hello' };
const TOOLS: OpenAI.Chat.ChatCompletionFunctionTool[] = [WEATHER, TIME].map(
  ({ name, description, schema }) => ({
    type: 'function',
    function: { name, description, parameters: schema },
  }),
);
/** The same two tools in the words of Anthropic's wire. */
const TOOLS_AT_BETA = [WEATHER, TIME].map(({ name, description, schema }) => ({
  name,
  description,
  input_schema: schema,
}));
/** Anthropic's wire wants a limit; a caller who names none and a model nobody lists get this one. */
const DEFAULT_LIMIT = { max_tokens: 4096 };

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
  /** Asks and returns the reply with the one request and the one row it caused. */
  const ask = async (body: Extended<Omit<ChatBody, 'model'>>, model = 'echo') => {
    const caused = await world.watch(() =>
      askOpenAi(world.openai, { ...body, model: `${way.wire}/${model}` }, way.stream),
    );
    return { ...caused.result, ...only(caused, way.wire) };
  };
  const atAlpha = way.wire === 'alpha';

  describe(way.name, () => {
    test('text', async () => {
      const { reply, sent, metadata, row } = await ask({ messages: [HELLO] });
      expect(messageOf(reply)).toMatchObject({
        role: 'assistant',
        content: `${ANSWER} You said: Hello`,
      });
      expect(reply.choices).toHaveLength(1);
      expect(reply.choices[0]?.finish_reason).toBe('stop');
      expect(reply.object).toBe('chat.completion');
      expect(sent).toEqual({
        model: 'echo',
        messages: [{ role: 'user', content: 'Hello' }],
        ...(atAlpha ? {} : DEFAULT_LIMIT),
        ...streamed(way),
      });
      expect(metadata.losses).toEqual([]);
      expect(row).toMatchObject({
        endpoint: 'chat.completions',
        dialect: 'openai-chat',
        stream: way.stream,
        requested_model: `${way.wire}/echo`,
        finish_reason: 'stop',
      });
    });

    test('a stream is cut where the provider cut it: one chunk for each piece', async () => {
      const { events } = await ask({ messages: [HELLO] }, 'tokens+tokens=7');
      const pieces = events
        .flatMap((chunk) => asObjects(chunk.choices))
        .map((choice) => asObject(choice.delta)?.content)
        .filter((text) => typeof text === 'string' && text !== '');
      expect(pieces).toHaveLength(way.stream ? 7 : 0);
    });

    test('system prompts: as a string, as parts, from the developer', async () => {
      const { sent, metadata } = await ask({
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'developer',
            content: [
              { type: 'text', text: 'Be kind.' },
              { type: 'text', text: 'Be exact.' },
            ],
          },
          HELLO,
        ],
      });
      expect(metadata.losses).toEqual([]);
      if (atAlpha) {
        expect(asObjects(sent.messages).map(({ role }) => role)).toEqual([
          'system',
          'developer',
          'user',
        ]);
      } else {
        expect(sent.system).toEqual([
          { type: 'text', text: 'Be brief.' },
          { type: 'text', text: 'Be kind.' },
          { type: 'text', text: 'Be exact.' },
        ]);
        expect(sent.messages).toEqual([{ role: 'user', content: 'Hello' }]);
      }
    });

    test('a conversation of several turns', async () => {
      const messages: Message[] = [
        HELLO,
        { role: 'assistant', content: 'Hi.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'And ' },
            { type: 'text', text: 'now?' },
          ],
        },
      ];
      const { reply, sent } = await ask({ messages });
      expect(messageOf(reply).content).toBe(`${ANSWER} You said: And now?`);
      expect(sent.messages).toEqual(messages as never);
    });

    test('sampling and stop sequences', async () => {
      const { reply, sent } = await ask({
        messages: [HELLO],
        temperature: 0.3,
        top_p: 0.9,
        max_tokens: 100,
        stop: ['You said', 'never'],
      });
      expect(messageOf(reply).content?.trim()).toBe(ANSWER);
      expect(reply.choices[0]?.finish_reason).toBe('stop');
      expect(sent).toMatchObject({
        temperature: 0.3,
        top_p: 0.9,
        max_tokens: 100,
        [atAlpha ? 'stop' : 'stop_sequences']: ['You said', 'never'],
      });
    });

    test('one stop sequence as a string', async () => {
      const { reply, sent } = await ask({ messages: [HELLO], stop: 'You said' });
      expect(messageOf(reply).content?.trim()).toBe(ANSWER);
      if (atAlpha) expect(sent.stop).toBe('You said');
      else expect(sent.stop_sequences).toEqual(['You said']);
    });

    test.each(['max_tokens', 'max_completion_tokens'])('an answer cut at %s', async (field) => {
      const { reply, sent, row } = await ask({ messages: [HELLO], [field]: 3 });
      expect(reply.choices[0]?.finish_reason).toBe('length');
      expect(reply.usage?.completion_tokens).toBe(3);
      expect(row.finish_reason).toBe('length');
      expect(sent[atAlpha ? field : 'max_tokens']).toBe(3);
    });

    test('a refusal', async () => {
      const { reply } = await ask({ messages: [HELLO] }, 'echo+refusal');
      const said = "I'm sorry, but I can't help with that (simulated).";
      // Anthropic's wire tells a refusal by its stop reason, OpenAI's by where the words stand.
      if (atAlpha) expect(messageOf(reply)).toMatchObject({ refusal: said, content: null });
      else expect(reply.choices[0]?.finish_reason).toBe('content_filter');
    });

    test('the end user', async () => {
      const { sent, row } = await ask({ messages: [HELLO], user: 'user-7' });
      expect(row.user).toBe('user-7');
      if (atAlpha) expect(sent.user).toBe('user-7');
      else expect(sent.metadata).toEqual({ user_id: 'user-7' });
    });

    describe('tools', () => {
      test('one call, offered as they were', async () => {
        const { reply, sent, metadata } = await ask({ messages: [HELLO], tools: TOOLS }, 'tools');
        expect(callsOf(reply)).toEqual([['weather', { city: 'simulated city' }]]);
        expect(messageOf(reply).content ?? '').toBe('');
        expect(reply.choices[0]?.finish_reason).toBe('tool_calls');
        expect(sent.tools).toEqual((atAlpha ? TOOLS : TOOLS_AT_BETA) as never);
        expect(metadata.losses).toEqual([]);
      });

      test('parallel calls, each whole and with an id of its own', async () => {
        const { reply } = await ask({ messages: [HELLO], tools: TOOLS }, 'parallel-tools+chunk=1');
        expect(callsOf(reply)).toEqual([
          ['weather', { city: 'simulated city' }],
          ['time', { zone: 'simulated zone' }],
        ]);
        expect(new Set(idsOf(reply)).size).toBe(2);
      });

      test('calls after some text', async () => {
        const { reply } = await ask({ messages: [HELLO], tools: TOOLS }, 'parallel-tools+preface');
        expect(messageOf(reply).content).toBe('I will call a tool for that (simulated).');
        expect(callsOf(reply).map(([name]) => name)).toEqual(['weather', 'time']);
        expect(reply.choices[0]?.finish_reason).toBe('tool_calls');
      });

      test('the whole loop: calls, results, answer', async () => {
        const first = await ask({ messages: [HELLO], tools: TOOLS }, 'parallel-tools');
        const [weather, time] = idsOf(first.reply);
        world.sims[way.wire].clear();
        const second = await ask(
          {
            messages: [
              HELLO,
              messageOf(first.reply),
              { role: 'tool', tool_call_id: weather ?? '', content: 'rain' },
              { role: 'tool', tool_call_id: time ?? '', content: [{ type: 'text', text: 'noon' }] },
            ],
            tools: TOOLS,
          },
          'parallel-tools',
        );
        expect(messageOf(second.reply).content).toBe(
          `${ANSWER} weather returned: rain. time returned: noon.`,
        );
        expect(second.reply.choices[0]?.finish_reason).toBe('stop');
        expect(messageOf(second.reply).tool_calls ?? []).toEqual([]);
        const [, turn, ...results] = asObjects(second.sent.messages);
        if (atAlpha) {
          expect(asObjects(turn?.tool_calls).map(({ id }) => id)).toEqual([weather, time]);
          expect(results).toEqual([
            { role: 'tool', tool_call_id: weather, content: 'rain' },
            { role: 'tool', tool_call_id: time, content: [{ type: 'text', text: 'noon' }] },
          ]);
        } else {
          expect(turn).toEqual({
            role: 'assistant',
            content: [
              { type: 'tool_use', id: weather, name: 'weather', input: { city: 'simulated city' } },
              { type: 'tool_use', id: time, name: 'time', input: { zone: 'simulated zone' } },
            ],
          });
          expect(results).toEqual([
            {
              role: 'user',
              content: [
                { type: 'tool_result', tool_use_id: weather, content: 'rain' },
                { type: 'tool_result', tool_use_id: time, content: 'noon' },
              ],
            },
          ]);
        }
      });

      test.each([
        ['none', 'none', { type: 'none' }, 0],
        ['auto', 'auto', { type: 'auto' }, 2],
        ['required', 'required', { type: 'any' }, 2],
        [
          'one by its name',
          { type: 'function', function: { name: 'time' } },
          { type: 'tool', name: 'time' },
          2,
        ],
      ] as const)('tool_choice %s', async (_, choice, atBeta, calls) => {
        const { reply, sent, metadata } = await ask(
          { messages: [HELLO], tools: TOOLS, tool_choice: choice },
          'parallel-tools',
        );
        expect(sent.tool_choice).toEqual((atAlpha ? choice : atBeta) as never);
        expect(sent.tools).toHaveLength(2);
        expect(callsOf(reply)).toHaveLength(calls);
        expect(reply.choices[0]?.finish_reason).toBe(calls === 0 ? 'stop' : 'tool_calls');
        if (typeof choice !== 'string')
          expect(callsOf(reply).map(([name]) => name)).toEqual(['time', 'time']);
        expect(metadata.losses).toEqual([]);
      });

      test('one call at a time', async () => {
        const { reply, sent } = await ask(
          { messages: [HELLO], tools: TOOLS, parallel_tool_calls: false },
          'parallel-tools',
        );
        expect(callsOf(reply)).toHaveLength(1);
        if (atAlpha) expect(sent.parallel_tool_calls).toBe(false);
        else expect(sent.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
      });

      test("the SDK's own loop", async () => {
        const asked: unknown[] = [];
        const tool = {
          type: 'function' as const,
          function: {
            name: WEATHER.name,
            description: WEATHER.description,
            parameters: WEATHER.schema,
            parse: JSON.parse,
            function: (input: unknown) => {
              asked.push(input);
              return 'rain';
            },
          },
        };
        const body = { model: `${way.wire}/tools`, messages: [HELLO], tools: [tool] };
        const caused = await world.watch(async () =>
          way.stream
            ? await world.openai.chat.completions.runTools({ ...body, stream: true }).finalContent()
            : await world.openai.chat.completions.runTools(body).finalContent(),
        );
        expect(caused.result).toBe(`${ANSWER} weather returned: rain.`);
        expect(asked).toEqual([{ city: 'simulated city' }]);
        expect(caused.got.map(({ wire }) => wire)).toEqual([way.wire, way.wire]);
        expect(caused.rows.map(({ finish_reason }) => finish_reason)).toEqual([
          'tool-calls',
          'stop',
        ]);
      });
    });

    test('images and documents', async () => {
      const { reply, sent, metadata } = await ask({
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Look' },
              { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
              { type: 'image_url', image_url: { url: 'https://images.test/a.png' } },
              {
                type: 'file',
                file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
              },
            ],
          },
        ],
      });
      expect(messageOf(reply).content).toBe(`${ANSWER} You said: Look [2 images] [1 document]`);
      expect(metadata.losses).toEqual([]);
      const parts = asArray(asObjects(sent.messages)[0]?.content).slice(1);
      if (atAlpha) {
        expect(parts).toEqual([
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          { type: 'image_url', image_url: { url: 'https://images.test/a.png' } },
          {
            type: 'file',
            file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
          },
        ]);
      } else {
        expect(parts).toEqual([
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          { type: 'image', source: { type: 'url', url: 'https://images.test/a.png' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: PDF },
            title: 'a.pdf',
          },
        ]);
      }
    });

    test("structured output, read by the SDK's zod helper", async () => {
      const Reply = z.object({ city: z.string(), tags: z.array(z.string()), warm: z.boolean() });
      const body = {
        // A model that is known to hold to a schema.
        model: `${way.wire}/claude-haiku-4-5`,
        messages: [HELLO],
        response_format: zodResponseFormat(Reply, 'forecast'),
      };
      const caused = await world.watch(async () => {
        const reply = way.stream
          ? await world.openai.chat.completions
              .stream({ ...body, stream_options: { include_usage: true } })
              .finalChatCompletion()
          : await world.openai.chat.completions.parse(body);
        return { reply, metadata: (reply as unknown as Told<unknown>).metadata, events: [] };
      });
      const parsed = caused.result.reply.choices[0]?.message.parsed;
      expect(parsed).toEqual({ city: 'simulated city', tags: ['simulated tags'], warm: true });
      const { sent } = only(caused, way.wire);
      const { schema } = body.response_format.json_schema;
      const { $schema, ...plain } = schema as JsonObject;
      if (atAlpha) expect(sent.response_format).toEqual(body.response_format as never);
      else
        expect(sent.output_config).toEqual({
          format: { type: 'json_schema', schema: plain },
        } as never);
      expect(caused.result.metadata.losses).toEqual([]);
    });

    describe('reasoning', () => {
      // A model that takes a budget and knows efforts.
      const MODEL = 'claude-opus-4-5';
      const QUESTION: Message = { role: 'user', content: 'Why?' };

      test.each([
        [{ reasoning_effort: 'medium' }],
        [{ reasoning: { effort: 'medium' } }],
        [{ extra_body: { reasoning: { effort: 'medium' } } }],
      ] as const)('asked for with %j', async (how) => {
        const told = await ask({ messages: [QUESTION], max_tokens: 8000, ...how }, MODEL);
        expect(reasoningOf(told).text).toBe(THOUGHT);
        expect(messageOf(told.reply).content).toBe(`${ANSWER} You said: Why?`);
        expect(told.reply.usage?.completion_tokens_details?.reasoning_tokens).toBe(THOUGHT_TOKENS);
        expect(told.row.usage.reasoning).toBe(THOUGHT_TOKENS);
        if (atAlpha) expect(told.sent.reasoning_effort).toBe('medium');
        else {
          expect(told.sent.thinking).toEqual({ type: 'enabled', budget_tokens: 4000 });
          expect(told.sent.output_config).toEqual({ effort: 'medium' });
        }
        expect(told.sent.reasoning).toBeUndefined();
        expect(told.metadata.losses).toEqual([]);
      });

      test('not shown where the caller does not want to see it, yet counted', async () => {
        const told = await ask(
          { messages: [QUESTION], max_tokens: 8000, reasoning: { effort: 'low', exclude: true } },
          MODEL,
        );
        expect(reasoningOf(told)).toEqual({ text: '', details: [] });
        expect(told.row.usage.reasoning).toBe(THOUGHT_TOKENS);
        expect(messageOf(told.reply).content).toBe(`${ANSWER} You said: Why?`);
      });

      test('sent back as the SDK itself put it together', async () => {
        const body = { max_tokens: 8000, reasoning_effort: 'medium', tools: TOOLS } as const;
        const first = await ask({ ...body, messages: [QUESTION] }, `${MODEL}+tools=1`);
        const turn = messageOf(first.reply);
        world.sims[way.wire].clear();
        const second = await ask(
          {
            ...body,
            messages: [
              QUESTION,
              turn,
              { role: 'tool', tool_call_id: idsOf(first.reply)[0] ?? '', content: 'rain' },
            ],
          },
          MODEL,
        );
        expect(messageOf(second.reply).content).toBe(`${ANSWER} weather returned: rain.`);
        if (atAlpha) return;
        // Of a stream's pieces the SDK keeps the last, which is the signature; that is what its maker checks.
        const blocks = asObjects(asObjects(second.sent.messages)[1]?.content);
        const thoughts = blocks.filter(({ type }) => type === 'thinking');
        expect(thoughts.map(({ signature }) => signature)).toEqual([THOUGHT_SIGNATURE]);
        expect(thoughts.map(({ thinking }) => thinking)).toEqual([way.stream ? '' : THOUGHT]);
      });

      test('sent back with the next turn: the signature arrives as it left', async () => {
        const body = { max_tokens: 8000, reasoning_effort: 'medium', tools: TOOLS } as const;
        const first = await ask({ ...body, messages: [QUESTION] }, `${MODEL}+tools=1`);
        const { text, details } = reasoningOf(first);
        expect(text).toBe(THOUGHT);
        world.sims[way.wire].clear();
        const calls = first.reply.choices[0]?.message.tool_calls ?? [];
        const second = await ask(
          {
            ...body,
            messages: [
              QUESTION,
              {
                role: 'assistant',
                content: null,
                tool_calls: calls,
                reasoning_content: text,
                ...(details.length === 0 ? {} : { reasoning_details: details }),
              } as Message,
              { role: 'tool', tool_call_id: calls[0]?.id ?? '', content: 'rain' },
            ],
          },
          MODEL,
        );
        expect(messageOf(second.reply).content).toBe(`${ANSWER} weather returned: rain.`);
        expect(second.metadata.losses).toEqual([]);
        const turn = asObjects(second.sent.messages)[1];
        if (atAlpha) {
          // The same wire: what the caller wrote is what the provider reads.
          expect(turn?.reasoning_content).toBe(THOUGHT);
        } else {
          const signature = details.map((entry) => entry.signature).find(Boolean);
          expect(signature).toBe(THOUGHT_SIGNATURE);
          expect(asArray(turn?.content)[0]).toEqual({
            type: 'thinking',
            thinking: THOUGHT,
            signature,
          } as never);
          expect(second.sent.thinking).toEqual({ type: 'enabled', budget_tokens: 4000 });
        }
      });
    });
  });
}

function messageOf(reply: Completion): OpenAI.Chat.ChatCompletionMessage {
  const message = reply.choices[0]?.message;
  if (!message) throw new Error('a completion without a choice');
  return message;
}

/** Name and parsed arguments of each call. */
function callsOf(reply: Completion): [string, unknown][] {
  return (messageOf(reply).tool_calls ?? []).map((call) =>
    call.type === 'function'
      ? [call.function.name, JSON.parse(call.function.arguments)]
      : [call.type, null],
  );
}

function idsOf(reply: Completion): string[] {
  return (messageOf(reply).tool_calls ?? []).map(({ id }) => id);
}

/** The reasoning of a reply. The SDK keeps only the last piece of fields it does not know, so a stream's is joined here. */
function reasoningOf({ reply, events }: Told<Completion>): {
  readonly text: string;
  readonly details: readonly JsonObject[];
} {
  const carriers: readonly (JsonObject | undefined)[] =
    events.length === 0
      ? [messageOf(reply) as unknown as JsonObject]
      : events.flatMap((chunk) => asObjects(chunk.choices)).map(({ delta }) => asObject(delta));
  return {
    text: carriers.map((carrier) => carrier?.reasoning_content ?? '').join(''),
    details: carriers.flatMap((carrier) => asObjects(carrier?.reasoning_details)),
  };
}
