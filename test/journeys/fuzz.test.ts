// Bodies nobody would send: one place of a good request replaced by something else. Whatever it is, the answer is an answer or
// an error of the caller's dialect, never the gateway's own failure, and the process lives.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { signThinking } from '../../sim/anthropic-messages/signature.ts';
import { asObject, isObject, type Json, parseJson } from '../../src/lib/json.ts';
import { openWorld, type World } from './four-ways.ts';
import { PNG } from './samples.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.stop());

const schema = { type: 'object', properties: { a: { type: 'string' } } };
const CALLERS: readonly (readonly [string, { readonly [field: string]: Json }])[] = [
  [
    '/v1/chat/completions',
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's', index: 0 }],
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'done' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: schema } }],
      tool_choice: 'auto',
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
      stop: ['x'],
      reasoning_effort: 'low',
      stream_options: { include_usage: true },
      fallback: { ttft_timeout: '2s' },
      metadata: { plan: 'pro' },
    },
  ],
  [
    '/v1/messages',
    {
      max_tokens: 2000,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: signThinking('hm') },
            { type: 'tool_use', id: 't1', name: 'f', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'x' }] },
          ],
        },
      ],
      tools: [{ name: 'f', input_schema: schema }],
      tool_choice: { type: 'auto' },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      stop_sequences: ['x'],
      metadata: { user_id: 'u' },
    },
  ],
  [
    '/v1/responses',
    {
      instructions: 'Be brief.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Hi' },
            { type: 'input_image', image_url: `data:image/png;base64,${PNG}` },
          ],
        },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }] },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'done' },
        { type: 'custom_tool_call', call_id: 'c2', name: 'g', input: 'x' },
        { type: 'custom_tool_call_output', call_id: 'c2', output: 'done' },
      ],
      tools: [
        { type: 'function', name: 'f', parameters: schema },
        { type: 'custom', name: 'g', format: { type: 'text' } },
        { type: 'web_search' },
      ],
      tool_choice: 'auto',
      text: { format: { type: 'json_schema', name: 'x', schema } },
      reasoning: { effort: 'low', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    },
  ],
];

const JUNK: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  [],
  [null],
  {},
  { type: 'x' },
  [[]],
  '\u0000',
  '{}',
];

/** The value with the place at `path` (each step modulo what is there) replaced. */
function replaced(value: Json, path: readonly number[], junk: Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return junk;
  if (Array.isArray(value)) {
    if (value.length === 0) return junk;
    return value.map((item, at) =>
      at === step % value.length ? replaced(item, rest, junk) : item,
    );
  }
  if (!isObject(value)) return junk;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return junk;
  return { ...value, [key]: replaced(value[key] ?? null, rest, junk) };
}

for (const [path, body] of CALLERS)
  describe(path, () => {
    for (const model of ['alpha/echo', 'beta/echo'])
      for (const stream of [false, true])
        test(`${model}${stream ? ', streamed' : ''}`, async () => {
          const statuses = new Set<number>();
          const steps = fc.array(fc.nat(20), { minLength: 1, maxLength: 6 });
          await fc.assert(
            fc.asyncProperty(steps, fc.constantFrom(...JUNK), async (place, junk) => {
              const mutated = { ...asObject(replaced(body, place, junk)), model, stream };
              const reply = await world.gateway.post(path, mutated);
              const text = await reply.text();
              statuses.add(reply.status);
              expect([reply.status, text]).not.toEqual([500, expect.any(String)]);
              if (reply.status >= 400)
                expect(asObject(asObject(parseJson(text))?.error)).toMatchObject({
                  message: expect.any(String),
                  code: expect.any(String),
                });
            }),
            { numRuns: 120 },
          );
          expect([...statuses]).toEqual(expect.arrayContaining([200, 400]));
          expect((await fetch(`${world.gateway.url}/healthz`)).status).toBe(200);
          expect(world.gateway.logged.filter((line) => line.startsWith('error'))).toEqual([]);
        });
  });
