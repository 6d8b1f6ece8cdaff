// ChatCall → a request of this wire. The same call gives the same bytes: keys stand in one order, nothing depends on chance.
import type { ChatCall } from '../../core/call.ts';
import type { EncodedCall, Target } from '../../core/dialect.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { disguiseOf } from '../disguise.ts';
import { toldInWords } from '../told-in-words.ts';
import { type NameLimits, withTakenNames } from '../tool-names.ts';
import { encodeControls } from './encode-controls.ts';
import { encodeExtras } from './encode-extras.ts';
import { MessageEncoder } from './encode-messages.ts';
import { encodeOutput } from './encode-output.ts';
import { encodeTools } from './encode-tools.ts';

/**
 * "tool names can only contain certain characters (A-Za-z0-9_) and can't begin with a digit" (docs.cohere.com/reference/errors).
 * How long they may be is not said; the length is that of the makers' other wires.
 */
const TOOL_NAMES: NameLimits = { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, maxChars: 128 };

/** The request and what it could not carry. */
export function encodeCall(asked: ChatCall, target: Target): EncodedCall {
  const losses: string[] = [];
  const lose = (what: string): void => {
    losses.push(what);
  };
  const told = toldInWords(asked, (path, problem) => lose(`${path}: ${problem}`));
  const { call, toolNames } = withTakenNames(told, TOOL_NAMES);
  const encoder = new MessageEncoder(target, lose);
  const messages = encoder.encode(call.messages);
  const { tools, ...choice } = encodeTools(call, lose);
  const extras = encodeExtras(call, lose);
  const documents = [...encoder.documents, ...extras.documents];
  const output = encodeOutput(call.output, tools.length > 0 || documents.length > 0, lose);
  const body: JsonRecord = {
    model: target.model,
    messages: output.instruction === null ? messages : [system(output.instruction), ...messages],
    ...(tools.length === 0 ? {} : { tools }),
    ...choice,
    ...(documents.length === 0 ? {} : { documents }),
    ...output.fields,
    ...encodeControls(call, target, lose),
    ...extras.fields,
    stream: call.stream,
  };
  loseMarks(call, lose);
  const disguise = disguiseOf({ customTools: asked.tools, toolNames });
  return { body: JSON.stringify(body), losses, ...disguise };
}

function system(content: string): JsonRecord {
  return { role: 'system', content };
}

/** Prompts are cached unasked here; one line for all marks. */
function loseMarks(call: ChatCall, lose: (what: string) => void): void {
  let marks = 0;
  for (const tool of call.tools) if (tool.type !== 'opaque' && tool.cache !== undefined) marks += 1;
  for (const { parts } of call.messages) {
    for (const part of parts) {
      if (part.cache !== undefined) marks += 1;
      if (part.type !== 'tool-result') continue;
      for (const inner of part.content) if (inner.cache !== undefined) marks += 1;
    }
  }
  if (marks > 0)
    lose(
      `cache_control: ${marks} prompt-cache ${marks === 1 ? 'mark' : 'marks'} dropped; prompts are cached unasked here`,
    );
}
