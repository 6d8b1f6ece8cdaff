// On every upstream wire an answer ends with `tool-calls` if and only if it calls a tool, unless it was cut short.
import { expect, test } from 'bun:test';
import { collect } from '../core/collect.ts';
import type { JsonObject } from '../lib/json.ts';
import { UPSTREAM_DIALECTS } from './index.ts';

type Wire = 'openai-chat' | 'anthropic-messages' | 'bedrock-converse' | 'cohere' | 'gemini';

/** A whole reply with or without a call, and how it ended. */
const REPLIES: { readonly [W in Wire]: (calls: boolean, raw: string | null) => JsonObject } = {
  'openai-chat': (calls, finish_reason) => {
    const tool_calls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }];
    const message = { role: 'assistant', content: 'x', ...(calls ? { tool_calls } : {}) };
    return { id: 'r', object: 'chat.completion', choices: [{ index: 0, message, finish_reason }] };
  },
  'anthropic-messages': (calls, stop_reason) => ({
    id: 'r',
    type: 'message',
    content: [
      { type: 'text', text: 'x' },
      ...(calls ? [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] : []),
    ],
    stop_reason,
  }),
  'bedrock-converse': (calls, stopReason) => ({
    output: {
      message: {
        content: [
          { text: 'x' },
          ...(calls ? [{ toolUse: { toolUseId: 'a', name: 'f', input: {} } }] : []),
        ],
      },
    },
    stopReason,
  }),
  cohere: (calls, finish_reason) => ({
    id: 'r',
    message: {
      content: [{ type: 'text', text: 'x' }],
      tool_calls: calls ? [{ id: 'a', function: { name: 'f', arguments: '{}' } }] : null,
    },
    finish_reason,
  }),
  gemini: (calls, finishReason) => ({
    responseId: 'r',
    candidates: [
      {
        content: {
          role: 'model',
          parts: [{ text: 'x' }, ...(calls ? [{ functionCall: { name: 'f', args: {} } }] : [])],
        },
        finishReason,
      },
    ],
  }),
};

/** Words for an honest end, for one by a call, and for one cut short; a word nobody knows and none at all end it honestly too. */
const WORDS: { readonly [W in Wire]: readonly [stop: string, call: string, length: string] } = {
  'openai-chat': ['stop', 'tool_calls', 'length'],
  'anthropic-messages': ['end_turn', 'tool_use', 'max_tokens'],
  'bedrock-converse': ['end_turn', 'tool_use', 'max_tokens'],
  cohere: ['COMPLETE', 'TOOL_CALL', 'MAX_TOKENS'],
  gemini: ['STOP', 'STOP', 'MAX_TOKENS'],
};

for (const [wire, reply] of Object.entries(REPLIES) as [Wire, (typeof REPLIES)[Wire]][])
  test(`${wire} says tool-calls if and only if one was made`, () => {
    const { decodeReply } = UPSTREAM_DIALECTS[wire];
    const reason = (calls: boolean, raw: string | null) =>
      collect(decodeReply(reply(calls, raw))).finish.reason;
    const [stop, call, length] = WORDS[wire];
    for (const raw of [stop, call, 'a_new_word', null])
      expect({ raw, reason: reason(true, raw) }).toEqual({ raw, reason: 'tool-calls' });
    expect([reason(false, stop), reason(false, call)]).toEqual(['stop', 'stop']);
    expect([reason(false, length), reason(true, length)]).toEqual(['length', 'length']);
  });
