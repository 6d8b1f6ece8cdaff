// The chunks of one choice → the choice: its message, its log probabilities and how it ended.
import { asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { GatheredMessage } from './gathered-message.ts';
import { ListsAndMembers } from './lists-and-members.ts';

/** What of a choice is not simply the latest that came. Its usage is the reply's. */
const OWN: ReadonlySet<string> = new Set([
  'index',
  'delta',
  'message',
  'logprobs',
  'finish_reason',
  'usage',
]);

export class GatheredChoice {
  readonly #index: number;
  readonly #message = new GatheredMessage();
  /** Undefined where the maker's chunks have no such member. */
  #logprobs: ListsAndMembers | null | undefined;
  readonly #more = new ListsAndMembers();
  #reason: string | null = null;
  #begun = false;

  constructor(index: number) {
    this.#index = index;
  }

  take(choice: JsonObject): void {
    // A whole message instead of deltas; after deltas it would only repeat them.
    const said = asObject(choice.delta) ?? (this.#begun ? undefined : asObject(choice.message));
    this.#begun = true;
    if (said !== undefined) this.#message.take(said);
    this.#reason = asString(choice.finish_reason) || this.#reason;
    this.#takeLogprobs(choice.logprobs);
    for (const name of Object.keys(choice)) if (!OWN.has(name)) this.#more.put(name, choice[name]);
  }

  choice(): Json {
    // Recorded: streams that end without a reason. The end says what the answer shows.
    const shown = this.#message.calledTools ? 'tool_calls' : 'stop';
    return {
      index: this.#index,
      message: this.#message.message(),
      ...(this.#logprobs === undefined ? {} : { logprobs: this.#logprobs?.object() ?? null }),
      finish_reason: this.#reason ?? shown,
      ...this.#more.object(),
    };
  }

  /** Lists of tokens, which each chunk goes on with. */
  #takeLogprobs(value: Json | undefined): void {
    const logprobs = asObject(value);
    if (logprobs === undefined) {
      if (value === null) this.#logprobs ??= null;
      return;
    }
    this.#logprobs ??= new ListsAndMembers();
    for (const name of Object.keys(logprobs)) this.#logprobs.put(name, logprobs[name]);
  }
}
