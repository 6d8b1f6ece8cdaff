// POST /completions, the legacy endpoint: a text in, its continuation out.
import { invalid } from '../core/errors.ts';
import type { Operation, OperationWire } from '../core/operation.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { asObject, asObjects, asString } from '../lib/json.ts';
import { checkCount, textsOf } from './checks.ts';
import { forwardRequest } from './forward-request.ts';
import { openaiWire } from './openai-wire.ts';

const plain = openaiWire({ path: '/completions', answer: 'choices' });

const openai: OperationWire = {
  encode(call, target) {
    // Usage is metered whether the caller wants to see it or not.
    const streamsUsage = call.stream && target.quirks.streamUsage !== false;
    const options = { ...asObject(call.fields.stream_options), include_usage: true };
    const set = streamsUsage ? { set: { stream_options: options } } : {};
    return forwardRequest(call, target, { path: '/completions', ...set });
  },
  decode(replies, call, target) {
    const reply = plain.decode(replies, call, target);
    const finish = asString(asObjects(reply.body.choices)[0]?.finish_reason);
    return finish === undefined ? reply : { ...reply, finish };
  },
};

export const completions: Operation = {
  id: 'completions',
  path: '/completions',
  takes: 'json',
  gives: 'object',
  check(body) {
    const { prompt } = body;
    if (
      prompt !== undefined &&
      prompt !== null &&
      typeof prompt !== 'string' &&
      !Array.isArray(prompt)
    )
      throw invalid('prompt', 'must be a string or an array');
    checkCount(body, 'n');
    checkCount(body, 'best_of');
  },
  usageOf: () => UNKNOWN_USAGE,
  inputText: (body) => textsOf(body.prompt)?.join('\n') ?? null,
  wires: { openai },
};
