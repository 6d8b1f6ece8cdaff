// continueCall: the call that asks another model to go on with an answer that broke off.
import type { ChatCall, Message, Part, Reasoning, Sampling, ToolChoice } from '../core/call.ts';
import type { Delivered, DeliveredBlock } from '../core/delivered.ts';
import type { Target, UpstreamDialect } from '../core/dialect.ts';
import type { ContinuationStyle } from './overlap.ts';
import { lastWords, wholeCharacters } from './seam-words.ts';

export interface Continued {
  readonly call: ChatCall;
  readonly style: ContinuationStyle;
  /** The beginning of the answer as the request has it: what a model may say again. */
  readonly sent: string;
}

/** What a model without a native way to go on is told. Between the two stands what it has to begin with. */
const GO_ON = `Your last reply was cut off by a technical fault. Go on with it from exactly where it stops, as if nothing had happened: do not start again, do not repeat or change what is there, add no introduction, apology or comment, and keep its language and format. So that both parts fit together, begin with exactly the characters between these tags, the last of your reply so far (they may end inside a word), and go straight on from them:`;
const NOTHING_MISSING =
  'Do not write the tags. If nothing is missing from your reply, answer with those characters alone.';
const IN_JSON = `What is there and what you add have to be one valid JSON`;

/** Stands where a conversation has nothing but instructions: wires want a turn of the user's before the answer. */
const OPENING = 'Begin.';

/** Line breaks and an indentation; more is no place to be quoted. */
const MAX_BLANKS = 40;

/** Where the turns that are added stand, for what is lost of them. */
export const ADDED_PATH = 'continuation';

/**
 * Null where going on cannot be truthful: after a refusal, a tool call, hosted results or cited text, whose other half
 * only their own provider could give. Reasoning that was shown is never sent: it is the maker's own.
 * @param inWords the model is asked in words even where its wire has a native way
 */
export function continueCall(
  call: ChatCall,
  delivered: Delivered,
  target: Target,
  dialect: UpstreamDialect,
  inWords = false,
): Continued | null {
  if (!mayGoOn(delivered)) return null;
  const text = wholeCharacters(delivered.text);
  if (text.trim() === '') return { call, style: 'fresh', sent: '' };
  const rest: ChatCall = {
    ...call,
    toolChoice: unforced(call.toolChoice),
    output: { type: 'text' },
    reasoning: thoughtOut(call.reasoning, target),
  };
  const native = !inWords && dialect.takesPrefill?.(target) === true && needsNoWords(call);
  const begun = withAnswer(call.messages, native ? text.trimEnd() : text, native);
  const sent = textOf(begun.at(-1));
  const used = estimate(delivered);
  if (native) {
    const sampling = shortened(call.sampling, used);
    return { call: { ...rest, messages: begun, sampling }, style: 'prefill', sent };
  }
  const quote = lastWords(text) + blanksAfter(text);
  const asked: Message = {
    role: 'user',
    parts: [{ type: 'text', text: request(call, quote) }],
    path: ADDED_PATH,
  };
  // The words asked for again are paid for again.
  const sampling = shortened(call.sampling, Math.max(0, used - tokensOf(quote)));
  return {
    call: { ...rest, messages: [...begun, asked], sampling },
    style: 'prompt',
    sent,
  };
}

/** False where nobody but its maker could truthfully go on with what was delivered. */
export function mayGoOn(delivered: Delivered): boolean {
  return delivered.blocks.every(canGoOn);
}

function canGoOn({ start, pieces }: DeliveredBlock): boolean {
  switch (start.kind) {
    case 'text':
      return pieces.every(({ kind }) => kind !== 'citation');
    case 'reasoning':
    case 'redacted-reasoning':
      return true;
    case 'refusal':
    case 'tool-use':
    case 'opaque':
      return false;
  }
}

/** Half-written JSON under a native format, or a forced call after half a sentence, would begin anew: those are asked for in words. */
function needsNoWords({ output, toolChoice }: ChatCall): boolean {
  return output.type === 'text' && !isForced(toolChoice);
}

function isForced(choice: ToolChoice | null): boolean {
  return choice?.type === 'required' || choice?.type === 'tool';
}

function unforced(choice: ToolChoice | null): ToolChoice | null {
  return isForced(choice) ? { type: 'auto' } : choice;
}

/** The thinking was done before the answer began. A model that may not think at all is told nothing. */
function thoughtOut(reasoning: Reasoning | null, target: Target): Reasoning | null {
  if (target.reasoning === false) return null;
  if (reasoning === null && target.reasoning === null) return null;
  return {
    mode: 'disabled',
    ...(reasoning?.exclude === undefined ? {} : { exclude: reasoning.exclude }),
  };
}

/** The turns, the last one the answer so far: joined to the beginning of it, where the caller gave one. */
function withAnswer(
  messages: readonly Message[],
  text: string,
  isLast: boolean,
): readonly Message[] {
  const last = messages.at(-1);
  if (last?.role === 'assistant') {
    const begun = isLast ? last.parts.filter(isNoThought) : last.parts;
    return [...messages.slice(0, -1), { ...last, parts: joined(begun, text) }];
  }
  const isOpen = messages.some(({ role }) => role === 'user' || role === 'assistant');
  const opening: Message = {
    role: 'user',
    parts: [{ type: 'text', text: OPENING }],
    path: ADDED_PATH,
  };
  const answer: Message = { role: 'assistant', parts: [{ type: 'text', text }], path: ADDED_PATH };
  return [...messages, ...(isOpen ? [] : [opening]), answer];
}

/** A last turn that begins with its thoughts is refused where thinking is off. */
function isNoThought({ type }: Part): boolean {
  return type !== 'reasoning' && type !== 'redacted-reasoning';
}

function joined(parts: readonly Part[], text: string): readonly Part[] {
  const last = parts.at(-1);
  return last?.type === 'text' && last.citations === undefined
    ? [...parts.slice(0, -1), { ...last, text: last.text + text }]
    : [...parts, { type: 'text', text }];
}

function textOf(message: Message | undefined): string {
  return (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** What the words asked for end with, where that says something. */
function blanksAfter(text: string): string {
  const blanks = text.slice(text.trimEnd().length);
  return blanks.length > MAX_BLANKS ? '' : blanks;
}

/** At the least: a limit that is a little too high still is one; one too low would cut the answer. */
function estimate(delivered: Delivered): number {
  return Math.min(delivered.textPieces, tokensOf(delivered.text));
}

function tokensOf({ length }: string): number {
  return Math.floor(length / 4);
}

function shortened(sampling: Sampling, used: number): Sampling {
  const { maxTokens } = sampling;
  return maxTokens === undefined
    ? sampling
    : { ...sampling, maxTokens: Math.max(1, maxTokens - used) };
}

function request(call: ChatCall, quote: string): string {
  const lines = [GO_ON, `<last-words>${quote}</last-words>`, NOTHING_MISSING];
  const { output, toolChoice } = call;
  if (output.type === 'json') lines.push(`${IN_JSON} object.`);
  if (output.type === 'json-schema')
    lines.push(`${IN_JSON} text that fits this JSON Schema:\n${JSON.stringify(output.schema)}`);
  if (toolChoice?.type === 'required') lines.push('Your reply has to end with a tool call.');
  if (toolChoice?.type === 'tool')
    lines.push(`Your reply has to end with a call of the tool ${JSON.stringify(toolChoice.name)}.`);
  return lines.join('\n');
}
