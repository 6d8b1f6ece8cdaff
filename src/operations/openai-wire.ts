// The endpoint's own form: the request goes on and the reply comes back as they are.

import type { OperationWire } from '../core/operation.ts';
import type { Usage } from '../core/usage.ts';
import type { JsonObject } from '../lib/json.ts';
import { notWhatWasAsked } from './checks.ts';
import { type Forwarding, forwardRequest } from './forward-request.ts';
import { readUsage } from './usage.ts';

export interface PlainForm extends Forwarding {
  /** A member that every reply has: without it there is no answer in it. */
  readonly answer: string | null;
  readonly usage?: (body: JsonObject) => Usage;
}

export function openaiWire(form: PlainForm): OperationWire {
  return {
    encode: (call, target) => forwardRequest(call, target, form),
    decode([reply]) {
      if (reply === undefined || (form.answer !== null && reply.body[form.answer] === undefined))
        throw notWhatWasAsked(`"${form.answer}"`);
      const { text, body } = reply;
      return { text, body, usage: (form.usage ?? readUsage)(body) };
    },
  };
}
