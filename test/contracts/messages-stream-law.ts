// What a client of the Messages wire may rely on in a stream, checked from outside, frame by frame.
// platform.claude.com/docs/en/build-with-claude/streaming#event-types
import { asNumber, asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import { type SseFrame, SseParser } from '../../src/lib/sse.ts';

const FITTING: { readonly [block: string]: readonly string[] } = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  redacted_thinking: [],
};

export function framesOf(text: string): SseFrame[] {
  const parser = new SseParser();
  return [...parser.push(text), ...parser.end()];
}

/** Every way in which the text is no lawful stream; empty where it is one. */
export function streamBreaks(text: string): string[] {
  const breaks: string[] = [];
  const state = {
    started: false,
    open: null as { index: number; type: string } | null,
    next: 0,
    delta: false,
    over: '',
  };
  if (text !== '' && !text.endsWith('\n\n')) breaks.push('the text does not end with a blank line');
  framesOf(text).forEach((frame, at) => {
    const data = frame.json;
    const say = (what: string) => breaks.push(`frame ${at} (${frame.event}): ${what}`);
    if (data === undefined) {
      say('its data is no JSON object');
      return;
    }
    if (data.type !== frame.event) say(`its data says ${String(data.type)}`);
    if (state.over) say(`comes after ${state.over}`);
    step(frame.event ?? '', data, state, say);
  });
  if (!state.over) breaks.push('neither message_stop nor error');
  return breaks;
}

interface State {
  started: boolean;
  open: { index: number; type: string } | null;
  next: number;
  delta: boolean;
  over: string;
}

function step(type: string, data: JsonObject, state: State, say: (what: string) => void): void {
  if (type === 'error') {
    const error = asObject(data.error);
    if (!asString(error?.type) || !asString(error?.message))
      say('has no error with type and message');
    state.over = type;
    return;
  }
  if (type !== 'ping' && (type === 'message_start') === state.started)
    say(state.started ? 'starts again' : 'comes before the start');
  const index = asNumber(data.index);
  switch (type) {
    case 'message_start':
      state.started = true;
      checkStart(asObject(data.message), say);
      break;
    case 'content_block_start':
      if (state.open) say(`opens before block ${state.open.index} is closed`);
      if (state.delta) say('comes after message_delta');
      if (index !== state.next) say(`has index ${index}, not ${state.next}`);
      state.open = { index: index ?? -1, type: asString(asObject(data.content_block)?.type) ?? '' };
      state.next += 1;
      break;
    case 'content_block_delta': {
      const kind = asString(asObject(data.delta)?.type) ?? '';
      if (state.open?.index !== index) say(`adds to block ${index}, which is not open`);
      else if (!(FITTING[state.open?.type ?? ''] ?? [kind]).includes(kind))
        say(`${kind} does not fit ${state.open?.type}`);
      break;
    }
    case 'content_block_stop':
      if (state.open?.index !== index) say(`closes block ${index}, which is not open`);
      state.open = null;
      break;
    case 'message_delta':
      if (state.open) say('comes with a block open');
      if (state.delta) say('comes twice');
      state.delta = true;
      checkDelta(data, say);
      break;
    case 'message_stop':
      if (!state.delta) say('comes without message_delta');
      state.over = type;
      break;
    case 'ping':
      break;
    default:
      say('is no event of this wire');
  }
}

function checkStart(message: JsonObject | undefined, say: (what: string) => void): void {
  if (!asString(message?.id) || !asString(message?.model)) say('has no id or model');
  if (message?.role !== 'assistant' || message.type !== 'message')
    say('is no message of the assistant');
  if (!Array.isArray(message?.content) || message.content.length > 0) say('has content already');
  const usage = asObject(message?.usage);
  if (asNumber(usage?.input_tokens) === undefined || asNumber(usage?.output_tokens) === undefined)
    say('has no token counts');
}

function checkDelta(data: JsonObject, say: (what: string) => void): void {
  if (!asString(asObject(data.delta)?.stop_reason)) say('has no stop_reason');
  const usage = asObject(data.usage);
  if (asNumber(usage?.output_tokens) === undefined) say('has no output_tokens');
  if (usage?.input_tokens === undefined) say('has no input_tokens');
}
