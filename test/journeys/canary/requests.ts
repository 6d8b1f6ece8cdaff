// Every request that carries words: each kind of them somewhere in one of these, on each endpoint.
import type { JsonObject } from '../../../src/lib/json.ts';
import { WORDS } from './planted.ts';

export interface Asked {
  readonly path: string;
  readonly body: JsonObject;
  readonly chats: boolean;
}

const PICTURE = Buffer.from(`\x89PNG\r\n\x1a\n${WORDS['a picture']}`, 'latin1').toString('base64');
const tool = {
  name: 'look_up',
  description: WORDS['what a tool is for'],
  parameters: { type: 'object', properties: { q: { type: 'string' } } },
};
const args = JSON.stringify({ q: WORDS['the arguments of a tool'] });
const schema = {
  type: 'object',
  properties: { [WORDS['a shape for the answer']]: { type: 'string' } },
};

/** Whoever forgets it, a request without it is refused: one more way to fail. */
const LIMIT = 64;

export function chats(model: string, stream: boolean): readonly Asked[] {
  return [
    { path: '/v1/chat/completions', body: completions(model, stream), chats: true },
    { path: '/v1/messages', body: messages(model, stream), chats: true },
    { path: '/v1/responses', body: responses(model, stream), chats: true },
  ];
}

function completions(model: string, stream: boolean): JsonObject {
  return {
    model,
    stream,
    max_tokens: LIMIT,
    user: 'canary-user',
    stop: [WORDS['a stop word']],
    prompt_variables: { secret: WORDS['a variable of a prompt'] },
    tools: [{ type: 'function', function: tool }],
    response_format: { type: 'json_schema', json_schema: { name: 'shape', schema } },
    messages: [
      { role: 'system', content: WORDS['the system prompt'] },
      { role: 'user', content: WORDS['what the user said before'] },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'look_up', arguments: args } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: WORDS['what a tool gave'] },
      {
        role: 'user',
        content: [
          { type: 'text', text: WORDS['what the user said'] },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } },
          {
            type: 'file',
            file: {
              filename: WORDS['the name of a file'],
              file_data: `data:application/pdf;base64,${PICTURE}`,
            },
          },
        ],
      },
    ],
  };
}

function messages(model: string, stream: boolean): JsonObject {
  return {
    model,
    stream,
    max_tokens: LIMIT,
    metadata: { user_id: 'canary-user' },
    system: WORDS['the system prompt'],
    stop_sequences: [WORDS['a stop word']],
    tools: [{ name: tool.name, description: tool.description, input_schema: tool.parameters }],
    messages: [
      { role: 'user', content: WORDS['what the user said before'] },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 't1', name: 'look_up', input: JSON.parse(args) }],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: WORDS['what a tool gave'] },
          { type: 'text', text: WORDS['what the user said'] },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } },
        ],
      },
    ],
  };
}

function responses(model: string, stream: boolean): JsonObject {
  return {
    model,
    stream,
    max_output_tokens: LIMIT,
    user: 'canary-user',
    // It is kept, for a later request to go on from: sealed.
    store: true,
    instructions: WORDS['the system prompt'],
    text: { format: { type: 'json_schema', name: 'shape', schema } },
    tools: [{ type: 'function', ...tool }],
    input: [
      { role: 'user', content: WORDS['what the user said before'] },
      { type: 'function_call', call_id: 'c1', name: 'look_up', arguments: args },
      { type: 'function_call_output', call_id: 'c1', output: WORDS['what a tool gave'] },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: WORDS['what the user said'] },
          { type: 'input_image', image_url: `data:image/png;base64,${PICTURE}` },
          {
            type: 'input_file',
            filename: WORDS['the name of a file'],
            file_data: `data:application/pdf;base64,${PICTURE}`,
          },
        ],
      },
    ],
  };
}

export function others(model: string): readonly Asked[] {
  const user = 'canary-user';
  const all: readonly (readonly [string, JsonObject])[] = [
    ['/v1/embeddings', { input: [WORDS['a text to embed']] }],
    ['/v1/completions', { prompt: WORDS['what the user said'], max_tokens: LIMIT }],
    ['/v1/moderations', { input: WORDS['a text to moderate'] }],
    ['/v1/images/generations', { prompt: WORDS['a picture to draw'] }],
    ['/v1/audio/speech', { input: WORDS['a text to speak'], voice: 'alloy' }],
    [
      '/v1/rerank',
      { query: WORDS['a query to rank by'], documents: [WORDS['a document to rank']] },
    ],
  ];
  return all.map(([path, more]) => ({ path, body: { model, user, ...more }, chats: false }));
}

/** In English, for a model that compares what prompts mean. */
export function plain(model: string, about: string, mode: 'exact' | 'semantic'): JsonObject {
  const content = `Please tell me in a few words what ${about} means for a railway.`;
  return { model, cache: { mode, ttl: '10m' }, messages: [{ role: 'user', content }] };
}

/** What is said of the cache and cannot be read. */
export function wrongOfCache(model: string): readonly Asked[] {
  const said = WORDS['what the user said'];
  return [said, { mode: said }, { ttl: said }, { namespace: [said] }, { threshold: said }].flatMap(
    (cache) => chats(model, false).map((one) => ({ ...one, body: { ...one.body, cache } })),
  );
}

/** What is refused before any provider is asked, at the place where words stand. */
export function wrong(model: string): readonly (readonly [path: string, body: string])[] {
  const said = WORDS['what the user said'];
  return ['/v1/chat/completions', '/v1/messages', '/v1/responses'].flatMap((path) => {
    const bodies = [
      `{"messages": [{"role": "user", "content": "${said}"`,
      JSON.stringify({
        model: 'nobody-has-it',
        messages: [{ role: 'user', content: said }],
        input: said,
      }),
      JSON.stringify({ model, messages: [{ role: said, content: said }], input: { said } }),
      JSON.stringify({ model, messages: [{ role: 'user', content: { said } }], input: 5 }),
      JSON.stringify({ model, messages: said, input: [{ role: 'user', content: [said] }] }),
      JSON.stringify({ model, messages: [], tools: said, fallback: { ttft_timeout: said } }),
      JSON.stringify({
        model,
        [said]: true,
        strict: true,
        messages: [{ role: 'user', content: said }],
      }),
    ];
    return bodies.map((body) => [path, body] as const);
  });
}
