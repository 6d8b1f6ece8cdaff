// Ask + behaviour → the answer: what the simulated model says, thinks and calls, and what that costs in tokens.
import type { Ask, OfferedTool } from './ask.ts';
import type { Behaviour } from './behaviour.ts';
import { type Prefill, placeIn } from './go-on.ts';
import type { CacheUse } from './prompt-cache.ts';
import { sampleSchema } from './sample-schema.ts';
import { countChars, numberedPieces, pieces, thoughtPieces } from './tokens.ts';

export interface AnswerCall {
  readonly name: string;
  /** JSON text; free text for a custom tool. */
  readonly arguments: string;
  readonly custom: boolean;
}

type Finish = 'stop' | 'stop-sequence' | 'length' | 'tool-calls' | 'refusal';

/** In tokens, disjoint. */
export interface AnswerUsage {
  /** Neither read from nor written to a cache. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly reasoning: number;
  /** Without reasoning. */
  readonly output: number;
}

export interface Answer {
  /** In tokens. */
  readonly reasoning: readonly string[];
  readonly text: readonly string[];
  readonly isRefusal: boolean;
  readonly calls: readonly AnswerCall[];
  readonly finish: Finish;
  /** The stop sequence that was met. */
  readonly stopSequence: string | null;
  readonly usage: AnswerUsage;
}

const SIMULATED = "This is a simulated answer from Switchyard's built-in provider.";
const FIXED = pieces(SIMULATED);
const REFUSAL = "I'm sorry, but I can't help with that (simulated).";
const MAX_QUOTE = 200;
/** Reasoning made when the caller asks for some and the model's words do not say how much. */
const ASKED_REASONING = 12;
/** What a call costs besides its arguments. */
const CALL_TOKENS = 4;

/** What surrounds an ask: what the prompt cache said to it, and what its wire makes of a last assistant message. */
interface Surroundings {
  readonly cache: CacheUse;
  readonly prefill: Prefill;
}

/** The answer. */
export function answerAsk(
  given: Ask,
  behaviour: Behaviour,
  { cache, prefill }: Surroundings,
): Answer {
  const place = placeIn(given, behaviour, prefill, (one) =>
    allOf(textOf(one, behaviour, callTools(one, behaviour).length > 0)),
  );
  const ask = place?.ask ?? given;
  const calls = callTools(ask, behaviour);
  const whole = textOf(ask, behaviour, calls.length > 0);
  const wanted = place === null ? whole : pieces(place.say(allOf(whole)));
  const stopped = stopAt(wanted, ask.stop);
  const thoughts = thoughtPieces(behaviour.reasoning ?? (ask.thinks ? ASKED_REASONING : 0));
  const budget = new Budget(ask.maxTokens ?? Number.POSITIVE_INFINITY);
  const reasoning = budget.takePieces(thoughts);
  const text = budget.takePieces(stopped.text);
  const made = budget.takeCalls(calls);
  return {
    reasoning,
    text,
    isRefusal: behaviour.refusal,
    calls: made,
    finish: finishOf(budget.cut, stopped.met, made.length > 0, behaviour.refusal),
    stopSequence: budget.cut ? null : stopped.met,
    usage: {
      input: Math.max(0, ask.promptTokens - cache.read - cache.write5m - cache.write1h),
      cacheRead: cache.read + behaviour.cacheRead,
      cacheWrite5m: cache.write5m + behaviour.cacheWrite,
      cacheWrite1h: cache.write1h,
      reasoning: reasoning.length,
      output: budget.spent - reasoning.length,
    },
  };
}

/** Output tokens up to the caller's limit. */
class Budget {
  spent = 0;
  /** True once something did not fit. */
  cut = false;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  takePieces(wanted: readonly string[]): readonly string[] {
    const room = this.#room(wanted.length);
    return room === wanted.length ? wanted : wanted.slice(0, room);
  }

  takeCalls(wanted: readonly AnswerCall[]): readonly AnswerCall[] {
    const made: AnswerCall[] = [];
    for (const call of wanted) {
      if (this.cut) break;
      const cost = CALL_TOKENS + countChars(call.arguments.length);
      const room = this.#room(cost);
      if (room === cost) made.push(call);
      else if (room > CALL_TOKENS)
        made.push({ ...call, arguments: call.arguments.slice(0, (room - CALL_TOKENS) * 4) });
    }
    return made;
  }

  #room(wanted: number): number {
    const room = Math.min(wanted, this.#max - this.spent);
    if (room < wanted) this.cut = true;
    this.spent += room;
    return room;
  }
}

function finishOf(cut: boolean, met: string | null, calls: boolean, refusal: boolean): Finish {
  if (cut) return 'length';
  if (calls) return 'tool-calls';
  if (refusal) return 'refusal';
  return met === null ? 'stop' : 'stop-sequence';
}

function callTools(ask: Ask, behaviour: Behaviour): readonly AnswerCall[] {
  const { choice, tools } = ask;
  if (choice === 'none' || tools.length === 0 || behaviour.refusal) return [];
  const named =
    typeof choice === 'string' ? tools : tools.filter((tool) => tool.name === choice.name);
  let wanted = behaviour.tools;
  if (choice !== 'auto') wanted = Math.max(1, wanted);
  else if (ask.toolResults.length > 0) wanted = 0;
  if (!ask.parallel) wanted = Math.min(1, wanted);
  const calls: AnswerCall[] = [];
  for (let index = 0; index < wanted; index += 1) {
    const tool = named[index % named.length];
    if (tool) calls.push(callTool(tool, Math.floor(index / named.length), ask));
  }
  return calls;
}

/** @param variant tells repeated calls of one tool apart */
function callTool(tool: OfferedTool, variant: number, ask: Ask): AnswerCall {
  const { name, custom } = tool;
  if (custom) return { name, custom, arguments: `simulated input: ${quote(ask.lastUserText)}` };
  return {
    name,
    custom,
    arguments: JSON.stringify(tool.schema ? sampleSchema(tool.schema, variant) : {}),
  };
}

/** All the text of an answer, in tokens. */
function textOf(ask: Ask, behaviour: Behaviour, calls: boolean): readonly string[] {
  if (calls) return behaviour.preface ? pieces('I will call a tool for that (simulated).') : [];
  if (behaviour.refusal) return pieces(REFUSAL);
  const whole = plainText(ask, behaviour);
  return typeof whole === 'string' ? pieces(whole) : whole;
}

function allOf(text: readonly string[]): string {
  return text.join('');
}

function plainText(ask: Ask, behaviour: Behaviour): string | readonly string[] {
  if (behaviour.say !== null) return behaviour.say;
  if (ask.json?.schema) return JSON.stringify(sampleSchema(ask.json.schema));
  if (ask.json || behaviour.json)
    return JSON.stringify({
      simulated: true,
      answer: SIMULATED,
      you_said: quote(ask.lastUserText),
    });
  if (behaviour.tokens !== null) return numberedPieces(behaviour.tokens);
  if (!behaviour.echo) return FIXED;
  const results = ask.toolResults
    .map(({ name, text }) => ` ${name} returned: ${quote(text)}.`)
    .join('');
  if (results !== '') return SIMULATED + results;
  return `${SIMULATED} You said: ${quote(ask.lastUserText)}${mediaNote(ask)}`;
}

function mediaNote({ seen }: Ask): string {
  const note = (n: number, what: string) => (n === 0 ? '' : ` [${n} ${what}${n === 1 ? '' : 's'}]`);
  return (
    note(seen.images, 'image') + note(seen.documents, 'document') + note(seen.audios, 'audio clip')
  );
}

/** At most 200 characters, whole ones. */
function quote(text: string): string {
  return text.length <= MAX_QUOTE ? text : `${Array.from(text).slice(0, MAX_QUOTE).join('')}…`;
}

/** The text before the first stop sequence, and which that was. */
function stopAt(
  text: readonly string[],
  stop: readonly string[],
): { text: readonly string[]; met: string | null } {
  if (stop.length === 0 || text.length === 0) return { text, met: null };
  const whole = text.join('');
  let at = -1;
  let met: string | null = null;
  for (const sequence of stop) {
    const found = sequence === '' ? -1 : whole.indexOf(sequence);
    if (found !== -1 && (at === -1 || found < at)) {
      at = found;
      met = sequence;
    }
  }
  return met === null ? { text, met } : { text: pieces(whole.slice(0, at)), met };
}
