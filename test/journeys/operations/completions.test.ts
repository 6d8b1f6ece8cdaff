// Legacy completions through the gateway: passed on where the provider has them, asked as chat where it has not.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type OpenAI from 'openai';
import { asObjects, type JsonObject } from '../../../src/lib/json.ts';
import { until } from '../until.ts';
import { type Ground, known, metadataOf, only, openGround } from './operation-ground.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.stop());

type Chunk = OpenAI.Completion;

async function chunksOf(body: JsonObject): Promise<Chunk[]> {
  const stream = await ground.openai.completions.create({
    ...(body as unknown as OpenAI.CompletionCreateParamsStreaming),
    stream: true,
  });
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function textOf(chunks: readonly Chunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.text ?? '').join('');
}

describe('at a provider that has them', () => {
  test('a whole one passes, metered and told', async () => {
    const ask = {
      model: 'one/echo',
      prompt: 'once upon a time',
      n: 2,
      logit_bias: { '50256': -100 },
    };
    const caused = await ground.watch(() => ground.openai.completions.create(ask));
    const { body, row } = only(caused, 'one', '/v1/completions');
    expect(body).toEqual({ ...ask, model: 'echo' });
    expect(caused.result.choices.map(({ text }) => text)).toEqual([
      ' again: once upon a time',
      ' again: once upon a time',
    ]);
    expect(known(row)).toEqual({ input: 4, output: 10 });
    expect([row.endpoint, row.cost_usd, row.finish_reason]).toEqual([
      'completions',
      0.000024,
      'stop',
    ]);
    metadataOf(caused.result, row);
  });

  test('a stream passes; usage is metered whether the caller asked for it or not', async () => {
    const ask = { model: 'one/echo', prompt: 'once upon a time' };
    const caused = await ground.watch(() => chunksOf(ask));
    const { body, row } = only(caused, 'one', '/v1/completions');
    expect(body).toEqual({
      model: 'echo',
      prompt: ask.prompt,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(textOf(caused.result)).toBe(' again: once upon a time');
    expect(caused.result.every(({ choices }) => choices.length === 1)).toBe(true);
    expect(caused.result.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(known(row)).toEqual({ input: 4, output: 5 });
    expect([row.stream, row.cost_usd, row.finish_reason]).toEqual([true, 0.000014, 'stop']);
    expect(row.ttft_ms).toBeGreaterThan(0);
    metadataOf(caused.result.at(-1), row);
  });

  test('a stream that was to show its usage shows it, in the frame that also has the metadata', async () => {
    const ask = { model: 'one/echo', prompt: 'x', stream_options: { include_usage: true } };
    const caused = await ground.watch(() => chunksOf(ask));
    const last = caused.result.at(-1);
    expect([last?.choices, last?.usage?.total_tokens]).toEqual([[], 3]);
    const { row } = only(caused, 'one', '/v1/completions');
    metadataOf(last, row);
  });

  test('usage nobody reported is estimated from the texts', async () => {
    const caused = await ground.watch(() =>
      chunksOf({ model: 'one/echo+usage=none', prompt: 'once upon a time' }),
    );
    const { row } = only(caused, 'one', '/v1/completions');
    expect(row.usage_estimated).toBe(true);
    expect(known(row).input).toBeGreaterThan(0);
    expect(known(row).output).toBeGreaterThan(0);
  });

  test('a stream that fails before its first text is nobody’s to see', async () => {
    const caused = await ground.watch(() =>
      chunksOf({ model: 'one/echo+error-in-stream=0', prompt: 'x', models: ['two/echo'] }),
    );
    expect(textOf(caused.result)).toBe(' again: x');
    expect(caused.rows.map(({ model, attempts }) => [model, attempts.length])).toEqual([
      ['two/echo', 2],
    ]);
  });

  for (const [fault, code] of [
    ['cut=2', 'upstream_stream_truncated'],
    ['eof=2', 'upstream_stream_truncated'],
    ['error-in-stream=2', 'upstream_error'],
  ] as const)
    test(`${fault}: after the first text the stream ends with an error, never with [DONE]`, async () => {
      const caused = await ground.watch(async () => {
        const reply = await ground.gateway.post('/v1/completions', {
          model: `one/echo+tokens=9+${fault}`,
          prompt: 'x',
          stream: true,
          models: ['two/echo'],
        });
        return reply.text();
      });
      expect(caused.result).not.toContain('[DONE]');
      const last = caused.result.trimEnd().split('\n').at(-1) ?? '';
      const { error, metadata } = JSON.parse(last.slice('data: '.length));
      expect([error.code, metadata.attempts.length]).toEqual([code, 1]);
      expect(caused.requests.two).toHaveLength(0);
      expect(caused.rows.map(({ outcome, error: told }) => [outcome, told?.code])).toEqual([
        ['error', code],
      ]);
    });

  test('a caller who hangs up stops the provider, and the row says so', async () => {
    const caused = await ground.watch(async () => {
      const stream = await ground.openai.completions.create({
        model: 'one/echo+tokens=16+pace=20',
        prompt: 'x',
        stream: true,
      });
      for await (const _ of stream) break;
      await until(() => ground.sims.one.requests[0]?.clientAborted === true);
      await until(async () => (await ground.gateway.rows()).at(-1)?.outcome === 'aborted');
    });
    expect(caused.rows.map(({ status }) => status)).toEqual([499]);
  });
});

describe('at a provider of another wire', () => {
  test('the prompt is asked as chat, what has no place there is named', async () => {
    const ask = {
      model: 'claude/echo',
      prompt: 'once upon a time',
      max_tokens: 30,
      temperature: 0.5,
      stop: ['!'],
      n: 1,
    };
    const more = { echo: true, logprobs: 3, suffix: 'the end', best_of: 2 };
    const caused = await ground.watch(() => ground.openai.completions.create({ ...ask, ...more }));
    const { body, row } = only(caused, 'claude', '/v1/messages');
    expect(asObjects(body.messages)).toEqual([{ role: 'user', content: 'once upon a time' }]);
    expect([body.max_tokens, body.temperature, body.stop_sequences]).toEqual([30, 0.5, ['!']]);
    expect(caused.result.object).toBe('text_completion');
    expect(caused.result.choices).toHaveLength(1);
    expect(caused.result.choices[0]?.text).toContain('once upon a time');
    expect(caused.result.usage?.total_tokens).toBe(
      (known(row).input ?? 0) + (known(row).output ?? 0),
    );
    const { losses } = metadataOf(caused.result, row);
    expect(losses.map((loss) => loss.split(':')[0]).sort()).toEqual([
      'best_of',
      'echo',
      'logprobs',
      'suffix',
    ]);
    expect(row.endpoint).toBe('completions');
  });

  test('streamed: the same text, the reason, the usage and the end a client waits for', async () => {
    const ask = {
      model: 'claude/echo',
      prompt: 'once upon a time',
      stream_options: { include_usage: true },
    };
    const whole = await ground.openai.completions.create({
      model: 'claude/echo',
      prompt: ask.prompt,
    });
    const caused = await ground.watch(() => chunksOf(ask));
    const { row } = only(caused, 'claude', '/v1/messages');
    expect(textOf(caused.result)).toBe(whole.choices[0]?.text ?? '');
    expect(caused.result.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(caused.result.at(-1)?.usage).toEqual(whole.usage as never);
    metadataOf(caused.result.at(-1), row);
  });

  test('several prompts or tokens go to the next who takes them', async () => {
    for (const prompt of [
      ['a', 'b'],
      [1, 2, 3],
    ]) {
      const caused = await ground.watch(() =>
        ground.gateway.post('/v1/completions', {
          model: 'claude/echo',
          prompt,
          models: ['one/echo'],
        }),
      );
      const { body } = { body: JSON.parse(caused.requests.one[0]?.body ?? '{}') };
      expect([caused.result.status, body.prompt]).toEqual([200, prompt]);
      expect(caused.requests.claude).toHaveLength(0);
    }
  });

  test('strict refuses what would be lost', async () => {
    const caused = await ground.watch(() =>
      ground.gateway.post('/v1/completions', {
        model: 'claude/echo',
        prompt: 'x',
        echo: true,
        strict: true,
      }),
    );
    expect(caused.result.status).toBe(400);
    expect(await caused.result.text()).toContain('echo: a chat model has no such thing for a text');
    expect(caused.requests.claude).toHaveLength(0);
  });
});

test('a bad prompt or count is a 400 that names it', async () => {
  for (const [field, value] of [
    ['prompt', 7],
    ['n', 0],
    ['best_of', 1.5],
  ] as const) {
    const reply = await ground.gateway.post('/v1/completions', {
      model: 'one/echo',
      prompt: 'x',
      [field]: value,
    });
    const { error } = (await reply.json()) as { error: { param: string } };
    expect([reply.status, error.param]).toEqual([400, field]);
  }
});
