// What a stream owes its caller, whatever happened behind it: one beginning, one end, one id, indices in a row, and no word
// of success after an error. Says what is wrong, in few words.
import type { CallerDialectId } from '../../src/core/dialect.ts';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import type { HeardFrame } from './listened.ts';

const LAWS: {
  readonly [Id in CallerDialectId]: (
    frames: readonly HeardFrame[],
    events: readonly JsonObject[],
    failed: boolean,
  ) => readonly string[];
} = {
  'openai-chat': chatLaw,
  'openai-responses': responsesLaw,
  'anthropic-messages': messagesLaw,
};

/** @param failed it is to end in an error instead of its own end. */
export function brokenLaws(
  dialect: CallerDialectId,
  frames: readonly HeardFrame[],
  failed: boolean,
): readonly string[] {
  const events = frames.flatMap(({ json }) => (json === undefined ? [] : [json]));
  return LAWS[dialect](frames, events, failed);
}

function chatLaw(
  frames: readonly HeardFrame[],
  events: readonly JsonObject[],
  failed: boolean,
): readonly string[] {
  const problems = new Problems();
  const chunks = events.filter(({ error }) => error === undefined);
  const choices = chunks.flatMap((chunk) => asArray(chunk.choices).map((one) => asObject(one)));
  const roles = choices.filter((one) => asObject(one?.delta)?.role !== undefined).length;
  problems.expect('starts', roles, 1);
  problems.expect('ids', new Set(chunks.map(({ id }) => id)).size, 1);
  const finishes = choices.filter((one) => typeof one?.finish_reason === 'string').length;
  problems.expect('finishes', finishes, failed ? 0 : 1);
  const done = frames.filter(({ data }) => data === '[DONE]').length;
  problems.expect('[DONE]', done, failed ? 0 : 1);
  if (!failed) problems.expect('last frame', frames.at(-1)?.data ?? '', '[DONE]');
  problems.expect('errors', events.length - chunks.length, failed ? 1 : 0);
  if (failed)
    problems.expect(
      'error last',
      String(asObject(frames.at(-1)?.json)?.error !== undefined),
      'true',
    );
  const calls = choices.flatMap((one) => asArray(asObject(one?.delta)?.tool_calls).map(asObject));
  const opened = calls.filter((call) => call?.id !== undefined);
  problems.inRow(
    'call index',
    opened.map((call) => asNumber(call?.index) ?? -1),
  );
  problems.expect('call ids', new Set(opened.map((call) => call?.id)).size, opened.length);
  return problems.found;
}

const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed']);

function responsesLaw(
  frames: readonly HeardFrame[],
  events: readonly JsonObject[],
  failed: boolean,
): readonly string[] {
  const problems = new Problems();
  const ofType = (type: string) => events.filter((event) => event.type === type);
  problems.expect('starts', ofType('response.created').length, 1);
  const ends = events.filter(({ type }) => ENDS.has(asString(type) ?? ''));
  problems.expect(
    'ends',
    ends.map(({ type }) => type).join(),
    failed ? 'response.failed' : 'response.completed',
  );
  problems.expect('errors', ofType('error').length, failed ? 1 : 0);
  problems.expect(
    'last frame',
    asString(frames.at(-1)?.json?.type) ?? '',
    asString(ends[0]?.type) ?? '?',
  );
  const ids = events.flatMap(({ response }) => asString(asObject(response)?.id) ?? []);
  problems.expect('ids', new Set(ids).size, 1);
  problems.inRow(
    'sequence_number',
    events.map((event) => asNumber(event.sequence_number) ?? -1),
  );
  const added = ofType('response.output_item.added');
  problems.inRow(
    'output_index',
    added.map((event) => asNumber(event.output_index) ?? -1),
  );
  if (failed) return problems.found;
  problems.expect('items closed', ofType('response.output_item.done').length, added.length);
  const text = (type: string, field: string) =>
    ofType(type)
      .map((event) => asString(event[field]) ?? '')
      .join('');
  const deltas = text('response.output_text.delta', 'delta');
  problems.expect('text done', text('response.output_text.done', 'text'), deltas);
  const parts = asArray(asObject(ends[0]?.response)?.output).flatMap((item) =>
    asArray(asObject(item)?.content).map((part) => asString(asObject(part)?.text) ?? ''),
  );
  problems.expect('text at the end', parts.join(''), deltas);
  return problems.found;
}

function messagesLaw(
  frames: readonly HeardFrame[],
  events: readonly JsonObject[],
  failed: boolean,
): readonly string[] {
  const problems = new Problems();
  const ofType = (type: string) => events.filter((event) => event.type === type);
  problems.expect('starts', ofType('message_start').length, 1);
  problems.expect('message_delta', ofType('message_delta').length, failed ? 0 : 1);
  problems.expect('message_stop', ofType('message_stop').length, failed ? 0 : 1);
  problems.expect('errors', ofType('error').length, failed ? 1 : 0);
  const last = asString(frames.at(-1)?.json?.type) ?? '';
  problems.expect('last frame', last, failed ? 'error' : 'message_stop');
  const starts = ofType('content_block_start');
  problems.inRow(
    'block index',
    starts.map((event) => asNumber(event.index) ?? -1),
  );
  if (!failed) problems.expect('blocks closed', ofType('content_block_stop').length, starts.length);
  let open: { readonly index: number; readonly type: string } | null = null;
  for (const event of events) {
    const index = asNumber(event.index) ?? -1;
    if (event.type === 'content_block_start') {
      if (open !== null) problems.add('blocks overlap');
      open = { index, type: asString(asObject(event.content_block)?.type) ?? '' };
    } else if (event.type === 'content_block_stop') open = null;
    else if (
      event.type === 'content_block_delta' &&
      (open?.index !== index || !fits(event, open.type))
    )
      problems.add('a delta in the wrong block');
  }
  return problems.found;
}

const FITS: { readonly [block: string]: readonly string[] } = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
};

function fits(event: JsonObject, block: string): boolean {
  return FITS[block]?.includes(asString(asObject(event.delta)?.type) ?? '') ?? false;
}

class Problems {
  readonly found: string[] = [];

  add(problem: string): void {
    if (!this.found.includes(problem)) this.found.push(problem);
  }

  expect(what: string, got: string | number, wanted: string | number): void {
    if (got !== wanted) this.add(`${what}: ${got} instead of ${wanted}`);
  }

  inRow(what: string, numbers: readonly number[]): void {
    if (numbers.some((number, at) => number !== at)) this.add(`${what} ${numbers.join()}`);
  }
}
