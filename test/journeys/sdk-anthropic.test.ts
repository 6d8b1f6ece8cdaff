// Anthropic's own SDK against a provider of each wire, streamed and not: everything a message can carry arrives, both ways.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { z } from 'zod';
import { asArray, asObject, asObjects } from '../../src/lib/json.ts';
import {
  askAnthropic,
  type Extended,
  type MessageBody,
  metadataIn,
  only,
  openWorld,
  streamed,
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

type Turn = Anthropic.MessageParam;

const HELLO: Turn = { role: 'user', content: 'Hello' };
const LIMIT = { max_tokens: 500 };
const TOOLS: Anthropic.Tool[] = [WEATHER, TIME].map(({ name, description, schema }) => ({
  name,
  description,
  input_schema: schema,
}));
/** The same two tools in the words of OpenAI's wire. */
const TOOLS_AT_ALPHA = [WEATHER, TIME].map(({ name, description, schema }) => ({
  type: 'function',
  function: { name, description, parameters: schema },
}));

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
  const ask = async (
    body: Extended<Omit<MessageBody, 'model' | 'max_tokens'> & { max_tokens?: number }>,
    model = 'echo',
  ) => {
    const caused = await world.watch(() =>
      askAnthropic(
        world.anthropic,
        { ...LIMIT, ...body, model: `${way.wire}/${model}` },
        way.stream,
      ),
    );
    return { ...caused.result, ...only(caused, way.wire) };
  };
  const atAlpha = way.wire === 'alpha';

  describe(way.name, () => {
    test('text', async () => {
      const { reply, sent, metadata, row } = await ask({ messages: [HELLO] });
      expect(textOf(reply)).toEqual([`${ANSWER} You said: Hello`]);
      expect(reply).toMatchObject({
        type: 'message',
        role: 'assistant',
        stop_reason: 'end_turn',
        stop_sequence: null,
      });
      expect(sent).toEqual({
        model: 'echo',
        messages: [HELLO],
        ...LIMIT,
        ...streamed(way),
      } as never);
      expect(metadata.losses).toEqual([]);
      expect(row).toMatchObject({
        endpoint: 'messages',
        dialect: 'anthropic-messages',
        stream: way.stream,
        requested_model: `${way.wire}/echo`,
        finish_reason: 'stop',
      });
    });

    test('a stream is cut where the provider cut it, and every block is closed', async () => {
      const { events } = await ask({ messages: [HELLO] }, 'tokens+tokens=7');
      const types = events.map(({ type }) => type);
      expect(types).toEqual(
        way.stream
          ? [
              'message_start',
              'content_block_start',
              ...Array<string>(7).fill('content_block_delta'),
              'content_block_stop',
              'message_delta',
              'message_stop',
            ]
          : [],
      );
    });

    test('a system prompt as a string', async () => {
      const { sent } = await ask({ system: 'Be brief.', messages: [HELLO] });
      if (atAlpha)
        expect(sent.messages).toEqual([{ role: 'system', content: 'Be brief.' }, HELLO] as never);
      else expect(sent.system).toBe('Be brief.');
    });

    test('a system prompt as blocks', async () => {
      const system: Anthropic.TextBlockParam[] = [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Be kind.' },
      ];
      const { sent, metadata } = await ask({ system, messages: [HELLO] });
      if (atAlpha)
        expect(sent.messages).toEqual([{ role: 'system', content: system }, HELLO] as never);
      else expect(sent.system).toEqual(system as never);
      expect(metadata.losses).toEqual([]);
    });

    test('a conversation of several turns', async () => {
      const { reply, sent } = await ask({
        messages: [
          HELLO,
          { role: 'assistant', content: [{ type: 'text', text: 'Hi.' }] },
          { role: 'user', content: 'And now?' },
        ],
      });
      expect(textOf(reply)).toEqual([`${ANSWER} You said: And now?`]);
      expect(asObjects(sent.messages).map(({ role }) => role)).toEqual([
        'user',
        'assistant',
        'user',
      ]);
      if (atAlpha)
        expect(asObjects(sent.messages)[1]).toEqual({ role: 'assistant', content: 'Hi.' });
    });

    test('sampling and stop sequences', async () => {
      const { reply, sent } = await ask({
        messages: [HELLO],
        temperature: 0.3,
        stop_sequences: ['You said', 'never'],
      });
      expect(textOf(reply).join('').trim()).toBe(ANSWER);
      expect(sent).toMatchObject({
        temperature: 0.3,
        [atAlpha ? 'stop' : 'stop_sequences']: ['You said', 'never'],
      });
      // OpenAI's wire does not tell which sequence was met, nor that one was.
      expect([reply.stop_reason, reply.stop_sequence]).toEqual(
        atAlpha ? ['end_turn', null] : ['stop_sequence', 'You said'],
      );
    });

    test('an answer cut at max_tokens', async () => {
      const { reply, sent, row } = await ask({ messages: [HELLO], max_tokens: 3 });
      expect(reply.stop_reason).toBe('max_tokens');
      expect(reply.usage.output_tokens).toBe(3);
      expect(sent.max_tokens).toBe(3);
      expect(row.finish_reason).toBe('length');
    });

    test('a refusal', async () => {
      const { reply, row } = await ask({ messages: [HELLO] }, 'echo+refusal');
      expect(textOf(reply)).toEqual(["I'm sorry, but I can't help with that (simulated)."]);
      expect(reply.stop_reason).toBe('refusal');
      expect(row.finish_reason).toBe('refusal');
    });

    test('the end user', async () => {
      const { sent, row } = await ask({ messages: [HELLO], metadata: { user_id: 'user-7' } });
      expect(row.user).toBe('user-7');
      if (atAlpha) expect(sent).toMatchObject({ user: 'user-7' });
      else expect(sent.metadata).toEqual({ user_id: 'user-7' });
      if (atAlpha) expect(sent.metadata).toBeUndefined();
    });

    describe('tools', () => {
      test('one call, offered as they were', async () => {
        const { reply, sent, metadata } = await ask({ messages: [HELLO], tools: TOOLS }, 'tools');
        expect(callsOf(reply)).toEqual([['weather', { city: 'simulated city' }]]);
        expect(reply.content).toHaveLength(1);
        expect(reply.stop_reason).toBe('tool_use');
        expect(sent.tools).toEqual((atAlpha ? TOOLS_AT_ALPHA : TOOLS) as never);
        expect(metadata.losses).toEqual([]);
      });

      test.each(['', '+interleave'])(
        'parallel calls, each whole and with an id of its own%s',
        async (how) => {
          const { reply } = await ask(
            { messages: [HELLO], tools: TOOLS },
            `parallel-tools+chunk=1${how}`,
          );
          expect(callsOf(reply)).toEqual([
            ['weather', { city: 'simulated city' }],
            ['time', { zone: 'simulated zone' }],
          ]);
          expect(new Set(usesOf(reply).map(({ id }) => id)).size).toBe(2);
        },
      );

      test('calls after some text', async () => {
        const { reply } = await ask({ messages: [HELLO], tools: TOOLS }, 'parallel-tools+preface');
        expect(reply.content.map(({ type }) => type)).toEqual(['text', 'tool_use', 'tool_use']);
        expect(reply.stop_reason).toBe('tool_use');
      });

      test('the whole loop: calls, results, answer', async () => {
        const first = await ask({ messages: [HELLO], tools: TOOLS }, 'parallel-tools');
        const [weather, time] = usesOf(first.reply).map(({ id }) => id);
        world.sims[way.wire].clear();
        const turns: Turn[] = [
          HELLO,
          { role: 'assistant', content: first.reply.content },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: weather ?? '', content: 'rain' },
              {
                type: 'tool_result',
                tool_use_id: time ?? '',
                content: [{ type: 'text', text: 'noon' }],
              },
              { type: 'text', text: 'Well?' },
            ],
          },
        ];
        const second = await ask({ messages: turns, tools: TOOLS }, 'tools');
        const sent = asObjects(second.sent.messages);
        if (atAlpha) {
          expect(asObjects(sent[1]?.tool_calls)).toEqual([
            {
              id: weather,
              type: 'function',
              function: { name: 'weather', arguments: '{"city":"simulated city"}' },
            },
            {
              id: time,
              type: 'function',
              function: { name: 'time', arguments: '{"zone":"simulated zone"}' },
            },
          ]);
          expect(sent.slice(2)).toEqual([
            { role: 'tool', tool_call_id: weather, content: 'rain' },
            { role: 'tool', tool_call_id: time, content: 'noon' },
            { role: 'user', content: 'Well?' },
          ]);
        } else expect(sent).toEqual(turns as never);
        expect(second.metadata.losses).toEqual([]);
        // The simulated model answers from results that came last; with words after them it calls again on OpenAI's wire.
        expect(second.reply.stop_reason).toBe(atAlpha ? 'tool_use' : 'end_turn');
      });

      test('results alone, one of them a failure with a picture', async () => {
        const first = await ask({ messages: [HELLO], tools: TOOLS }, 'parallel-tools');
        const [weather, time] = usesOf(first.reply).map(({ id }) => id ?? '');
        world.sims[way.wire].clear();
        const results: Anthropic.ToolResultBlockParam[] = [
          {
            type: 'tool_result',
            tool_use_id: weather ?? '',
            content: 'no such city',
            is_error: true,
          },
          {
            type: 'tool_result',
            tool_use_id: time ?? '',
            content: [
              { type: 'text', text: 'noon' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
            ],
          },
        ];
        const second = await ask(
          {
            messages: [
              HELLO,
              { role: 'assistant', content: first.reply.content },
              { role: 'user', content: results },
            ],
            tools: TOOLS,
          },
          'echo',
        );
        const sent = asObjects(second.sent.messages).slice(2);
        if (atAlpha) {
          // That wire's tool messages hold text; the picture follows in the user's turn, and what was bent is named.
          expect(sent.map(({ role }) => role)).toEqual(['tool', 'tool', 'user']);
          expect(asObjects(sent[2]?.content).map(({ type }) => type)).toEqual([
            'text',
            'image_url',
          ]);
          expect(second.metadata.losses).toEqual([
            'messages[2].content[0].is_error: a tool message does not say that it failed, only its text does',
          ]);
        } else {
          expect(sent).toEqual([{ role: 'user', content: results }] as never);
          expect(second.metadata.losses).toEqual([]);
        }
      });

      test.each([
        ['none', { type: 'none' }, 'none', 0],
        ['auto', { type: 'auto' }, 'auto', 2],
        ['any', { type: 'any' }, 'required', 2],
        [
          'one by its name',
          { type: 'tool', name: 'time' },
          { type: 'function', function: { name: 'time' } },
          2,
        ],
      ] as const)('tool_choice %s', async (_, choice, inAlpha, calls) => {
        const { reply, sent, metadata } = await ask(
          { messages: [HELLO], tools: TOOLS, tool_choice: choice },
          'parallel-tools',
        );
        expect(sent.tool_choice).toEqual((atAlpha ? inAlpha : choice) as never);
        expect(sent.tools).toHaveLength(2);
        expect(callsOf(reply)).toHaveLength(calls);
        if (choice.type === 'tool')
          expect(callsOf(reply).map(([name]) => name)).toEqual(['time', 'time']);
        expect(reply.stop_reason).toBe(calls === 0 ? 'end_turn' : 'tool_use');
        expect(metadata.losses).toEqual([]);
      });

      test('one call at a time', async () => {
        const { reply, sent } = await ask(
          {
            messages: [HELLO],
            tools: TOOLS,
            tool_choice: { type: 'auto', disable_parallel_tool_use: true },
          },
          'parallel-tools',
        );
        expect(callsOf(reply)).toHaveLength(1);
        if (atAlpha)
          expect(sent).toMatchObject({ tool_choice: 'auto', parallel_tool_calls: false });
        else expect(sent.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
      });

      test("the SDK's own loop", async () => {
        const asked: unknown[] = [];
        const tool = betaTool({
          name: WEATHER.name,
          description: WEATHER.description,
          inputSchema: WEATHER.schema as { type: 'object' },
          run: (input) => {
            asked.push(input);
            return 'rain';
          },
        });
        const caused = await world.watch(() =>
          world.anthropic.beta.messages
            .toolRunner({
              ...LIMIT,
              model: `${way.wire}/tools`,
              messages: [{ role: 'user', content: 'Hello' }],
              tools: [tool],
              stream: way.stream,
            })
            .runUntilDone(),
        );
        expect(textOf(caused.result as Anthropic.Message)).toEqual([
          `${ANSWER} weather returned: rain.`,
        ]);
        expect(asked).toEqual([{ city: 'simulated city' }]);
        // It asks for a conversation held by the server first; where there is none it goes on with whole ones.
        expect(caused.rows.map((row) => row.error?.code ?? row.finish_reason)).toEqual([
          atAlpha ? 'unsupported_feature' : 'upstream_invalid_request',
          'tool-calls',
          'stop',
        ]);
        const asks = caused.got.map(({ wire, body }) => [wire, asArray(body.messages).length]);
        const whole = atAlpha ? [1, 3] : [1, 1, 3];
        expect(asks).toEqual(whole.map((turns) => [way.wire, turns]));
        expect(caused.got.at(-1)?.body.thread).toBeUndefined();
      });
    });

    test('images and documents', async () => {
      const content: Anthropic.ContentBlockParam[] = [
        { type: 'text', text: 'Look' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        { type: 'image', source: { type: 'url', url: 'https://images.test/a.png' } },
        {
          type: 'document',
          title: 'A paper',
          source: { type: 'base64', media_type: 'application/pdf', data: PDF },
        },
        { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'In short.' } },
      ];
      const { reply, sent, metadata } = await ask({ messages: [{ role: 'user', content }] });
      const seen = atAlpha ? '[2 images] [1 document]' : '[2 images] [2 documents]';
      expect(textOf(reply).join('')).toEndWith(seen);
      expect(asObjects(sent.messages)[0]?.content).toEqual(
        (atAlpha
          ? [
              { type: 'text', text: 'Look' },
              { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
              { type: 'image_url', image_url: { url: 'https://images.test/a.png' } },
              {
                type: 'file',
                file: { filename: 'A paper.pdf', file_data: `data:application/pdf;base64,${PDF}` },
              },
              { type: 'text', text: 'Document:\nIn short.' },
            ]
          : content) as never,
      );
      expect(metadata.losses).toEqual([]);
    });

    test("structured output, read by the SDK's zod helper", async () => {
      const Reply = z.object({ city: z.string(), tags: z.array(z.string()), warm: z.boolean() });
      const format = zodOutputFormat(Reply);
      const body = {
        ...LIMIT,
        model: `${way.wire}/claude-haiku-4-5`,
        messages: [HELLO],
        output_config: { format },
      };
      const caused = await world.watch(async () => {
        if (!way.stream) {
          const reply = await world.anthropic.messages.parse(body);
          return { reply, metadata: metadataIn(reply), events: [] };
        }
        const run = world.anthropic.messages.stream(body);
        let carrier: unknown;
        run.on('streamEvent', (event) => {
          if (event.type === 'message_delta') carrier = event;
        });
        const reply = await run.finalMessage();
        return { reply, metadata: metadataIn(carrier), events: [] };
      });
      const expected = { city: 'simulated city', tags: ['simulated tags'], warm: true };
      expect(caused.result.reply.parsed_output).toEqual(expected);
      const { sent } = only(caused, way.wire);
      if (atAlpha)
        expect(sent.response_format).toEqual({
          type: 'json_schema',
          json_schema: { name: 'response', schema: format.schema },
        } as never);
      else
        expect(sent.output_config).toEqual({
          format: { type: 'json_schema', schema: format.schema },
        } as never);
      expect(caused.result.metadata.losses).toEqual([]);
    });

    describe('thinking', () => {
      // A model that takes a budget and knows efforts.
      const MODEL = 'claude-opus-4-5';
      const QUESTION: Turn = { role: 'user', content: 'Why?' };
      const ENABLED = { thinking: { type: 'enabled', budget_tokens: 4000 } } as const;

      test.each([
        ['a budget', ENABLED, 'medium', ENABLED],
        [
          'our own field',
          { reasoning: { effort: 'high' } },
          'high',
          {
            thinking: { type: 'enabled', budget_tokens: 6400 },
            output_config: { effort: 'high' },
          },
        ],
      ] as const)('asked for with %s', async (_, how, effort, atBeta) => {
        const told = await ask({ messages: [QUESTION], max_tokens: 8000, ...how }, MODEL);
        const [first, second] = told.reply.content;
        expect(first).toMatchObject({ type: 'thinking', thinking: THOUGHT });
        expect(second).toMatchObject({ type: 'text', text: `${ANSWER} You said: Why?` });
        expect(told.reply.usage.output_tokens_details?.thinking_tokens).toBe(THOUGHT_TOKENS);
        expect(told.row.usage.reasoning).toBe(THOUGHT_TOKENS);
        if (atAlpha) expect(told.sent.reasoning_effort).toBe(effort);
        else expect(told.sent).toMatchObject(atBeta as never);
        expect(told.sent.reasoning).toBeUndefined();
        expect(told.metadata.losses).toEqual([]);
      });

      test('not shown where the caller does not want to see it, yet counted', async () => {
        const { reply, row } = await ask(
          { messages: [QUESTION], max_tokens: 8000, ...ENABLED, reasoning: { exclude: true } },
          MODEL,
        );
        expect(reply.content.map(({ type }) => type)).toEqual(['text']);
        expect(row.usage.reasoning).toBe(THOUGHT_TOKENS);
      });

      test('sent back with the next turn: the signature arrives as it left', async () => {
        const body = { max_tokens: 8000, ...ENABLED, tools: TOOLS };
        const first = await ask({ ...body, messages: [QUESTION] }, `${MODEL}+tools=1+redacted`);
        world.sims[way.wire].clear();
        const [use] = usesOf(first.reply);
        const turns: Turn[] = [
          QUESTION,
          { role: 'assistant', content: first.reply.content },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: use?.id ?? '', content: 'rain' }],
          },
        ];
        const second = await ask({ ...body, messages: turns }, MODEL);
        expect(textOf(second.reply)).toEqual([`${ANSWER} weather returned: rain.`]);
        const turn = asObjects(second.sent.messages)[1];
        if (atAlpha) {
          // A provider that does not take reasoning back gets none; between calls that is a loss.
          expect(turn).toEqual({
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                id: use?.id,
                type: 'function',
                function: { name: 'weather', arguments: '{"city":"simulated city"}' },
              },
            ],
          });
          expect(second.metadata.losses).toEqual([
            'messages[1]: reasoning before a tool call is not taken back by this provider',
          ]);
        } else {
          expect(turn?.content).toEqual(first.reply.content as never);
          expect(asObject(asArray(turn?.content)[0])?.signature).toBe(THOUGHT_SIGNATURE);
          expect(second.metadata.losses).toEqual([]);
        }
      });
    });
  });
}

function textOf(reply: Anthropic.Message): string[] {
  return reply.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
}

function usesOf(reply: Anthropic.Message): Anthropic.ToolUseBlock[] {
  return reply.content.filter((block) => block.type === 'tool_use');
}

/** Name and input of each call. */
function callsOf(reply: Anthropic.Message): [string, unknown][] {
  return usesOf(reply).map(({ name, input }) => [name, input]);
}
