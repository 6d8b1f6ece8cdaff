// A call that uses everything the hub has a word for, with a mark in every part by which it is found again.
import type { ChatCall } from '../../src/core/call.ts';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};

export const RICH_CALL: ChatCall = {
  model: 'asked-for',
  messages: [
    {
      role: 'system',
      path: 'messages[0]',
      parts: [{ type: 'text', text: 'system-mark', cache: { ttl: '1h' } }],
    },
    { role: 'developer', path: 'messages[1]', parts: [{ type: 'text', text: 'developer-mark' }] },
    {
      role: 'user',
      path: 'messages[2]',
      parts: [
        { type: 'text', text: 'user-mark', cache: { ttl: null } },
        {
          type: 'image',
          source: { kind: 'url', url: 'https://example.com/image-url-mark.png', mediaType: null },
        },
        {
          type: 'image',
          source: { kind: 'base64', mediaType: 'image/png', data: 'aW1hZ2UtZGF0YS1tYXJr' },
          detail: 'auto',
        },
        {
          type: 'document',
          source: { kind: 'base64', mediaType: 'application/pdf', data: 'cGRmLW1hcms=' },
          title: 'title-mark',
        },
        { type: 'document', source: { kind: 'text', text: 'document-text-mark' } },
        {
          type: 'document',
          source: {
            kind: 'url',
            url: 'https://example.com/document-url-mark.pdf',
            mediaType: null,
          },
        },
        { type: 'audio', data: 'YXVkaW8tbWFyaw==', format: 'wav' },
        {
          type: 'opaque',
          dialect: 'openai-chat',
          value: { type: 'only_openai', mark: 'opaque-openai-mark' },
        },
        {
          type: 'opaque',
          dialect: 'anthropic-messages',
          value: { type: 'only_anthropic', mark: 'opaque-anthropic-mark' },
        },
      ],
    },
    {
      role: 'assistant',
      path: 'messages[3]',
      parts: [
        {
          type: 'reasoning',
          text: 'reasoning-mark',
          signature: 'signature-mark',
          format: 'anthropic-claude-v1',
        },
        { type: 'redacted-reasoning', data: 'redacted-mark', format: 'anthropic-claude-v1' },
        { type: 'text', text: 'assistant-mark' },
        { type: 'tool-use', id: 'call_a', name: 'get_weather', arguments: '{"city":"Oslo"}' },
        { type: 'tool-use', id: 'call_b', name: 'get_weather', arguments: '{"city": "Rome"}' },
        { type: 'tool-use', id: 'call_c', name: 'run', arguments: 'custom-mark', custom: true },
      ],
    },
    {
      role: 'user',
      path: 'messages[4]',
      parts: [
        {
          type: 'tool-result',
          toolUseId: 'call_a',
          content: [{ type: 'text', text: 'result-a-mark' }],
        },
        {
          type: 'tool-result',
          toolUseId: 'call_b',
          content: [
            { type: 'text', text: 'result-b-mark' },
            {
              type: 'image',
              source: {
                kind: 'url',
                url: 'https://example.com/result-image-mark.png',
                mediaType: null,
              },
            },
          ],
          isError: true,
        },
        { type: 'tool-result', toolUseId: 'call_c', content: [] },
        { type: 'text', text: 'after-results-mark' },
      ],
    },
    { role: 'assistant', path: 'messages[5]', parts: [{ type: 'refusal', text: 'refusal-mark' }] },
    { role: 'system', path: 'messages[6]', parts: [{ type: 'text', text: 'later-system-mark' }] },
    {
      role: 'user',
      path: 'messages[7]',
      name: 'name-mark',
      parts: [{ type: 'text', text: 'last-mark' }],
    },
  ],
  tools: [
    {
      type: 'function',
      name: 'get_weather',
      description: 'description-mark',
      parameters: SCHEMA,
      strict: true,
      cache: { ttl: '5m' },
    },
    {
      type: 'function',
      name: 'no_arguments',
      extra: { dialect: 'openai-chat', value: { extra_openai_mark: true } },
    },
    {
      type: 'opaque',
      dialect: 'openai-chat',
      name: 'tool-openai-mark',
      value: { type: 'only_openai', name: 'tool-openai-mark' },
    },
    {
      type: 'opaque',
      dialect: 'anthropic-messages',
      name: 'tool-anthropic-mark',
      value: { type: 'web_search_20250305', name: 'tool-anthropic-mark' },
    },
  ],
  toolChoice: { type: 'tool', name: 'get_weather' },
  sampling: {
    maxTokens: 3071,
    temperature: 0.31,
    topP: 0.87,
    topK: 41,
    stop: ['stop-mark', '\n'],
    seed: 4711,
    presencePenalty: 0.113,
    frequencyPenalty: 0.117,
    parallelToolCalls: false,
  },
  output: {
    type: 'json-schema',
    name: 'answer',
    schema: { ...SCHEMA, title: 'schema-mark' },
    strict: true,
  },
  reasoning: { effort: 'high' },
  stream: true,
  user: 'enduser-mark',
  extra: {
    'openai-chat': { logit_bias: { 'bias-mark': 1 } },
    'anthropic-messages': { container: 'container-mark' },
  },
};

/** What must be in the body, or else named as lost by one of the paths. */
export const PLACES: readonly {
  readonly marks: readonly string[];
  readonly path: readonly string[];
}[] = [
  { marks: ['system-mark'], path: ['messages[0]'] },
  { marks: ['developer-mark'], path: ['messages[1]'] },
  { marks: ['user-mark'], path: ['messages[2].content[0]'] },
  { marks: ['image-url-mark'], path: ['messages[2].content[1]'] },
  { marks: ['aW1hZ2UtZGF0YS1tYXJr', 'png'], path: ['messages[2].content[2]'] },
  { marks: ['cGRmLW1hcms=', 'title-mark'], path: ['messages[2].content[3]'] },
  { marks: ['document-text-mark'], path: ['messages[2].content[4]'] },
  { marks: ['document-url-mark'], path: ['messages[2].content[5]'] },
  { marks: ['YXVkaW8tbWFyaw=='], path: ['messages[2].content[6]'] },
  { marks: ['opaque-openai-mark'], path: ['messages[2].content[7]'] },
  { marks: ['opaque-anthropic-mark'], path: ['messages[2].content[8]'] },
  { marks: ['reasoning-mark', 'signature-mark'], path: ['messages[3].content[0]', 'messages[3]:'] },
  { marks: ['redacted-mark'], path: ['messages[3].content[1]', 'messages[3]:'] },
  { marks: ['assistant-mark'], path: ['messages[3].content[2]'] },
  { marks: ['call_a', 'get_weather', 'Oslo'], path: ['messages[3].content[3]'] },
  { marks: ['call_b', 'Rome'], path: ['messages[3].content[4]'] },
  { marks: ['call_c', 'custom-mark'], path: ['messages[3].content[5]'] },
  { marks: ['result-a-mark'], path: ['messages[4].content[0]'] },
  { marks: ['result-b-mark', 'result-image-mark'], path: ['messages[4].content[1]'] },
  { marks: ['after-results-mark'], path: ['messages[4].content[3]'] },
  { marks: ['refusal-mark'], path: ['messages[5]'] },
  { marks: ['later-system-mark'], path: ['messages[6]'] },
  { marks: ['name-mark'], path: ['messages[7]'] },
  { marks: ['last-mark'], path: ['messages[7].content[0]'] },
  { marks: ['description-mark'], path: ['tools[0]'] },
  // One wire has a single switch for all its tools: `strict_tools`.
  { marks: ['"strict'], path: ['tools[0].strict'] },
  { marks: ['no_arguments'], path: ['tools[1]'] },
  { marks: ['extra_openai_mark'], path: ['tools[1]'] },
  { marks: ['tool-openai-mark'], path: ['tools[2]'] },
  { marks: ['tool-anthropic-mark'], path: ['tools[3]'] },
  { marks: ['"tool_choice"'], path: ['tool_choice'] },
  { marks: ['3071'], path: ['max_tokens'] },
  { marks: ['0.31'], path: ['temperature'] },
  { marks: ['0.87'], path: ['top_p'] },
  { marks: ['41'], path: ['top_k'] },
  { marks: ['stop-mark'], path: ['stop'] },
  { marks: ['4711'], path: ['seed'] },
  { marks: ['0.113'], path: ['presence_penalty'] },
  { marks: ['0.117'], path: ['frequency_penalty'] },
  { marks: ['parallel'], path: ['parallel_tool_calls'] },
  { marks: ['schema-mark'], path: ['response_format'] },
  { marks: ['"high"'], path: ['thinking', 'reasoning'] },
  { marks: ['"stream":true'], path: ['stream'] },
  { marks: ['enduser-mark'], path: ['user'] },
  { marks: ['bias-mark'], path: ['logit_bias'] },
  { marks: ['container-mark'], path: ['container'] },
  { marks: ['cache_control'], path: ['cache_control'] },
];
