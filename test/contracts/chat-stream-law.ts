// What a client of the Chat Completions wire may rely on in a stream, checked from outside, chunk by chunk.
// platform.openai.com/docs/api-reference/chat-streaming
import { asNumber, asObject, asObjects, asString, type JsonObject } from '../../src/lib/json.ts';
import { SseParser } from '../../src/lib/sse.ts';

/** Members that every chunk of a stream repeats. */
const CONSTANT = ['id', 'object', 'created', 'model'] as const;

/** Every way in which the text is no lawful stream; empty where it is one. @param includeUsage the caller asked for a usage chunk. */
export function streamBreaks(text: string, includeUsage: boolean): string[] {
  const breaks: string[] = [];
  if (text !== '' && !text.endsWith('\n\n')) breaks.push('the text does not end with a blank line');
  const parser = new SseParser();
  const law = new Law(includeUsage, (what) => breaks.push(what));
  for (const [at, frame] of [...parser.push(text), ...parser.end()].entries())
    law.step(at, frame.data, frame.json);
  law.end();
  return breaks;
}

class Law {
  readonly #includeUsage: boolean;
  readonly #report: (what: string) => void;
  #say: (what: string) => void = () => undefined;
  #first: JsonObject | null = null;
  #begun = false;
  #finished = false;
  #usages = 0;
  #calls = 0;
  #over = '';

  constructor(includeUsage: boolean, report: (what: string) => void) {
    this.#includeUsage = includeUsage;
    this.#report = report;
  }

  step(at: number, data: string, chunk: JsonObject | undefined): void {
    this.#say = (what) => this.#report(`frame ${at}: ${what}`);
    if (this.#over) this.#say(`comes after ${this.#over}`);
    if (data === '[DONE]') {
      if (!this.#finished) this.#say('ends what has no finish reason');
      if (this.#includeUsage && this.#usages === 0) this.#say('comes before any usage');
      this.#over = data;
    } else if (chunk === undefined) this.#say('its data is no JSON object');
    else if (chunk.error !== undefined) this.#error(chunk);
    else this.#chunk(chunk);
  }

  end(): void {
    if (!this.#over) this.#report('neither [DONE] nor an error');
  }

  #error(chunk: JsonObject): void {
    if (!asString(asObject(chunk.error)?.message)) this.#say('has no message');
    if (this.#finished) this.#say('is an error after the end');
    this.#over = 'an error';
  }

  #chunk(chunk: JsonObject): void {
    this.#first ??= chunk;
    for (const name of CONSTANT)
      if (chunk[name] !== this.#first[name]) this.#say(`has another ${name} than the first`);
    const choices = asObjects(chunk.choices);
    if (asObject(chunk.usage) !== undefined) this.#usage(choices.length);
    if (choices.length === 0 && asObject(chunk.usage) === undefined) this.#say('has no choices');
    for (const choice of choices) this.#choice(choice);
  }

  #usage(choices: number): void {
    this.#usages += 1;
    if (!this.#finished && choices === 0) this.#say('tells usage before the end');
    if (this.#includeUsage !== (choices === 0))
      this.#say('tells usage where the caller did not ask for it');
    if (this.#usages > 1) this.#say('tells usage again');
  }

  #choice(choice: JsonObject): void {
    const delta = asObject(choice.delta) ?? {};
    if (choice.index !== 0) this.#say(`is of choice ${String(choice.index)}`);
    if (this.#finished) this.#say('comes after the finish reason');
    if ((delta.role !== undefined) === this.#begun)
      this.#say(this.#begun ? 'names the role again' : 'comes before the role');
    this.#begun = true;
    for (const call of asObjects(delta.tool_calls)) this.#call(call);
    if (choice.finish_reason) this.#finished = true;
  }

  #call(call: JsonObject): void {
    const index = asNumber(call.index) ?? -1;
    const opens = asString(call.id) !== undefined;
    if (opens && index !== this.#calls) this.#say(`opens call ${index}, not ${this.#calls}`);
    if (!opens && index !== this.#calls - 1) this.#say(`adds to call ${index}, which is not open`);
    if (opens) this.#calls += 1;
  }
}
