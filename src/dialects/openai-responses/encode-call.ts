// A ChatCall of another dialect → a request of this wire for one target, with everything it could not carry named.
//
// The call is stateless: nothing is stored at the provider, and reasoning state goes to the caller encrypted and comes back
// with the conversation. The same call gives the same bytes: providers' prompt caches depend on it.
import type { ChatCall, OutputFormat } from '../../core/call.ts';
import type { EncodedCall, Target } from '../../core/dialect.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { disguiseOf } from '../disguise.ts';
import { toldInWords } from '../told-in-words.ts';
import { type NameLimits, withTakenNames } from '../tool-names.ts';
import { CallNotes } from './call-notes.ts';
import { encodeExtras } from './encode-call-extras.ts';
import { encodeInput } from './encode-call-input.ts';
import { encodeReasoning } from './encode-call-reasoning.ts';
import { encodeSampling } from './encode-call-sampling.ts';
import { encodeTools } from './encode-call-tools.ts';
import { OWN_FORMAT } from './reasoning-items.ts';

/** platform.openai.com/docs/api-reference/responses/create, names of functions and of their calls in the input. */
const TOOL_NAMES: NameLimits = { pattern: /^[a-zA-Z0-9_-]+$/, maxChars: 64 };

export function encodeCall(asked: ChatCall, target: Target): EncodedCall {
  const notes = new CallNotes(target);
  const told = toldInWords(asked, (path, problem) => notes.lose(path, problem));
  const { call, toolNames } = withTakenNames(told, TOOL_NAMES);
  const { instructions, input } = encodeInput(call, target, notes);
  const { tools, choice } = encodeTools(call, target, notes);
  notes.loseMarks();
  const extras = encodeExtras(call, notes);
  const reasoning = { ...encodeReasoning(call, target, notes), ...extras.reasoning };
  const text = { ...formatOf(call.output), ...extras.text };
  const body: { [name: string]: Json } = {
    model: target.model,
    ...(instructions === null ? {} : { instructions }),
    input,
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === null ? {} : { tool_choice: choice }),
    ...encodeSampling(call, target, tools.length > 0, notes),
    ...(isEmpty(text) ? {} : { text }),
    ...(isEmpty(reasoning) ? {} : { reasoning }),
    ...userOf(call, notes),
    store: false,
    ...(wantsState(call, target) ? { include: ['reasoning.encrypted_content'] } : {}),
    ...(call.stream ? { stream: true } : {}),
    ...extras.fields,
  };
  for (const field of target.quirks.refusedFields ?? []) {
    if (!(field in body)) continue;
    delete body[field];
    notes.lose(field, `refused by ${target.provider}`);
  }
  return { body: JSON.stringify(body), losses: notes.losses, ...disguiseOf({ toolNames }) };
}

/**
 * Models that do not think refuse to be asked for it; of one nobody knows it is asked where the caller wants reasoning, or
 * gives some back.
 */
function wantsState({ reasoning, messages }: ChatCall, target: Target): boolean {
  if (target.reasoning !== null) return target.reasoning;
  const asked = reasoning !== null && reasoning.mode !== 'disabled' && reasoning.effort !== 'none';
  const returned = messages.some(({ parts }) =>
    parts.some((part) => part.type === 'reasoning' && part.format === OWN_FORMAT),
  );
  return asked || returned;
}

/** `strict` is written out: left out, it means false to those who asked. */
function formatOf(output: OutputFormat): JsonRecord {
  switch (output.type) {
    case 'text':
      return {};
    case 'json':
      return { format: { type: 'json_object' } };
    case 'json-schema':
      return {
        format: {
          type: 'json_schema',
          name: output.name,
          ...(output.description === undefined ? {} : { description: output.description }),
          schema: output.schema as JsonRecord,
          strict: output.strict ?? false,
        },
      };
  }
}

/** Longer ones are refused: "Invalid 'user': string too long. Expected a string with maximum length 64". */
const MAX_USER_CHARS = 64;

function userOf({ user }: ChatCall, notes: CallNotes): JsonRecord {
  if (user === null || user === '') return {};
  if (user.length <= MAX_USER_CHARS) return { user };
  notes.lose('user', `longer than the ${MAX_USER_CHARS} characters this wire takes`);
  return {};
}

function isEmpty(object: JsonRecord): boolean {
  return Object.keys(object).length === 0;
}
