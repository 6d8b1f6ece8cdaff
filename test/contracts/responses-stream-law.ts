// What a client of the Responses wire may rely on in a stream, checked from outside, frame by frame.
// platform.openai.com/docs/api-reference/responses-streaming
import { asArray, asNumber, asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import { type SseFrame, SseParser } from '../../src/lib/sse.ts';

const ENDS = ['response.completed', 'response.incomplete', 'response.failed'];

export function framesOf(text: string): SseFrame[] {
  const parser = new SseParser();
  return [...parser.push(text), ...parser.end()];
}

/** Every way in which the text is no lawful stream; empty where it is one. */
export function streamBreaks(text: string): string[] {
  const breaks: string[] = [];
  if (text !== '' && !text.endsWith('\n\n')) breaks.push('the text does not end with a blank line');
  if (text.includes('[DONE]')) breaks.push('[DONE] is no event of this wire');
  const law = new Law((what) => breaks.push(what));
  for (const [at, frame] of framesOf(text).entries()) law.step(frame, at);
  law.end();
  return breaks;
}

/** An item that was told of and is not over. */
interface OpenItem {
  readonly index: number;
  readonly id: string | undefined;
  readonly item: JsonObject;
  /** What its deltas said: by the place of the part, or '' for what the item itself says. */
  readonly said: Map<string, string>;
  /** The places whose text was told to be whole. */
  readonly whole: Set<string>;
  readonly done: Map<string, JsonObject>;
  part: string | null;
}

class Law {
  readonly #report: (what: string) => void;
  #say: (what: string) => void = () => undefined;
  #open: OpenItem | null = null;
  readonly #items: JsonObject[] = [];
  #failed = false;
  #over = '';
  #id: unknown;

  constructor(report: (what: string) => void) {
    this.#report = report;
  }

  step(frame: SseFrame, at: number): void {
    this.#say = (what) => this.#report(`frame ${at} (${frame.event}): ${what}`);
    const data = frame.json;
    if (data === undefined) {
      this.#say('its data is no JSON object');
      return;
    }
    const type = asString(data.type) ?? '';
    if (type !== frame.event) this.#say(`its data says ${type}`);
    if (this.#over) this.#say(`comes after ${this.#over}`);
    if (data.sequence_number !== at) this.#say(`has the number ${String(data.sequence_number)}`);
    if ((at === 0) !== (type === 'response.created')) this.#say('is not where it should be');
    if ((at === 1) !== (type === 'response.in_progress')) this.#say('is not where it should be');
    if (this.#failed && type !== 'response.failed') this.#say('comes after an error');
    if (type.startsWith('response.') && asObject(data.response)) this.#response(type, data);
    else if (type === 'error') this.#error(data);
    else this.#inside(type, data);
  }

  end(): void {
    if (!this.#over) this.#report('no end');
  }

  #response(type: string, data: JsonObject): void {
    const response = asObject(data.response) ?? {};
    this.#id ??= response.id;
    if (response.id !== this.#id) this.#say('is of another response');
    for (const field of ['object', 'created_at', 'model', 'output', 'tools', 'text'])
      if (response[field] === undefined) this.#say(`has no ${field}`);
    if (!ENDS.includes(type)) {
      if (response.status !== 'in_progress' || asArray(response.output).length > 0)
        this.#say('has an end or output already');
      return;
    }
    this.#over = type;
    if (`response.${String(response.status)}` !== type)
      this.#say(`says ${String(response.status)}`);
    if (JSON.stringify(response.output) !== JSON.stringify(this.#items))
      this.#say('its output is not what the items were');
    if (this.#open && type !== 'response.failed') this.#say('comes with an item open');
    if ((type === 'response.failed') !== (asObject(response.error) !== undefined))
      this.#say('has an error where there is none, or none where there is one');
    if ((type === 'response.incomplete') !== (asObject(response.incomplete_details) !== undefined))
      this.#say('does not say why it is incomplete, or says so for nothing');
    if ((type === 'response.failed') !== this.#failed)
      this.#say('and the error do not go together');
  }

  #error(data: JsonObject): void {
    this.#failed = true;
    const error = asObject(data.error);
    if (!asString(data.message) || !asString(error?.message)) this.#say('has no message');
  }

  #inside(type: string, data: JsonObject): void {
    const index = asNumber(data.output_index);
    if (index !== this.#items.length) this.#say(`has the index ${index}`);
    if (type === 'response.output_item.added') {
      this.#added(data);
      return;
    }
    const open = this.#open;
    if (open === null) this.#say('comes with no item open');
    else if (type === 'response.output_item.done') this.#itemDone(open, data);
    else this.#piece(open, type, data);
  }

  #added(data: JsonObject): void {
    if (this.#open) this.#say('comes before the item before it is done');
    const item = asObject(data.item) ?? {};
    this.#open = {
      index: this.#items.length,
      id: asString(item.id),
      item,
      said: new Map(),
      whole: new Set(),
      done: new Map(),
      part: null,
    };
  }

  #itemDone(open: OpenItem, data: JsonObject): void {
    const item = asObject(data.item) ?? {};
    if (open.part !== null) this.#say('comes with a part open');
    if (asString(item.id) !== open.id || item.type !== open.item.type)
      this.#say('is not the item that was added');
    const parts = asArray(item.content ?? item.summary);
    if (item.type === 'message' || item.type === 'reasoning') {
      const told = [...open.done.values()];
      if (JSON.stringify(parts) !== JSON.stringify(told)) this.#say('its parts were others');
    }
    const own = item.type === 'function_call' ? item.arguments : item.input;
    if (own !== undefined && own !== (open.said.get('') ?? '')) this.#say('its text was another');
    this.#items.push(item);
    this.#open = null;
  }

  #piece(open: OpenItem, type: string, data: JsonObject): void {
    if (data.item_id !== open.id) this.#say(`is of ${String(data.item_id)}, not ${open.id}`);
    const place = data.content_index ?? data.summary_index;
    const key = place === undefined ? '' : String(place);
    const said = open.said.get(key) ?? '';
    if (type.endsWith('part.added')) {
      if (open.part !== null) this.#say('comes with a part open');
      if (key !== String(open.done.size)) this.#say(`is part ${key}`);
      open.part = key;
      return;
    }
    if (key !== '' && open.part !== key) this.#say(`is of part ${key}, which is not open`);
    if (type.endsWith('part.done')) {
      open.part = null;
      const part = asObject(data.part) ?? {};
      if ((part.text ?? part.refusal) !== said) this.#say('its text was another');
      open.done.set(key, part);
    } else if (type.endsWith('.delta')) {
      if (open.whole.has(key)) this.#say('adds to what was whole');
      open.said.set(key, said + (asString(data.delta) ?? ''));
    } else if (type.endsWith('.done')) {
      if (open.whole.has(key)) this.#say('is told again');
      open.whole.add(key);
      const whole = data.text ?? data.refusal ?? data.arguments ?? data.input;
      if (whole !== said) this.#say('is not what the deltas said');
    } else if (type !== 'response.output_text.annotation.added')
      this.#say('is no event of this wire');
  }
}
