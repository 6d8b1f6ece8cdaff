// LoggedFacts: what can be known of a request from its row in the log. What cannot be is told apart, never made up.
import type { RequestFacts } from '../core/request-facts.ts';
import type { Survey } from '../core/survey.ts';

/** What the log keeps of a request, as far as routing goes. */
export interface LoggedRequest {
  readonly id: string;
  readonly user: string | null;
  /** As the caller wrote it. */
  readonly model: string;
  readonly metadata: { readonly [name: string]: unknown };
  /** What the conditions of then had found out; null: they asked nothing. */
  readonly facts: { readonly [name: string]: unknown } | null;
  /** Tokens in and out, of every kind, as they were billed. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** The slash commands that counted then; null: whatever looks like one; undefined: nobody knows any more. */
  readonly commands: ReadonlySet<string> | null | undefined;
}

/** What is taken of the abilities a request may have needed: none of those that are not known, or all of them. */
export type AssumedNeeds = 'none' | 'all';

/** What a condition may read that is found out about a request, not said by it. */
const FOUND_OUT: ReadonlySet<string> = new Set([
  'command',
  'language',
  'complexity',
  'prompt_tokens',
  'session_depth',
  'has_tools',
  'has_images',
]);

export class LoggedFacts implements RequestFacts {
  readonly id: string;
  readonly user: string | null;
  readonly model: string;
  readonly metadata: LoggedRequest['metadata'];
  readonly promptVariables = {};
  readonly #request: LoggedRequest;
  readonly #needs: AssumedNeeds;
  #madeUp: string | null = null;
  #surveyed = false;

  constructor(request: LoggedRequest, needs: AssumedNeeds = 'none') {
    this.id = request.id;
    this.user = request.user;
    this.model = request.model;
    this.metadata = request.metadata;
    this.#request = request;
    this.#needs = needs;
  }

  /** A fact that was asked for although the log does not have it; what came of it is worth nothing. Null: none was. */
  get madeUp(): string | null {
    return this.#madeUp;
  }

  /** Whether anything went by what the request needs of a model. */
  get surveyed(): boolean {
    return this.#surveyed;
  }

  /**
   * Whether the value of a condition's variable is known; that there is none counts as known.
   * @param commands the slash commands that count now
   */
  knows(name: string, commands: ReadonlySet<string> | null): boolean {
    // What was said is never kept.
    if (name === 'messages') return false;
    if (!FOUND_OUT.has(name) || Object.hasOwn(this.metadata, name)) return true;
    if (name === 'command') return this.#knowsCommand(commands);
    return this.#recorded(name) !== undefined || (name === 'prompt_tokens' && this.#hasInput());
  }

  survey(): Survey {
    this.#surveyed = true;
    const assumed = this.#needs === 'all';
    const { outputTokens } = this.#request;
    return {
      turns: [],
      tools: this.#truth('has_tools') ?? assumed,
      images: this.#truth('has_images') ?? assumed,
      audio: assumed,
      documents: assumed,
      structured: assumed,
      reasoning: assumed,
      maxOutput: assumed ? outputTokens : null,
    };
  }

  promptTokens(): number {
    const recorded = this.#recorded('prompt_tokens');
    if (typeof recorded === 'number') return recorded;
    return this.#request.inputTokens ?? this.#makeUp('prompt_tokens', 0);
  }

  language(): string {
    const recorded = this.#recorded('language');
    return typeof recorded === 'string' ? recorded : this.#makeUp('language', '');
  }

  complexity(): number {
    const recorded = this.#recorded('complexity');
    return typeof recorded === 'number' ? recorded : this.#makeUp('complexity', 0);
  }

  sessionDepth(): number {
    const recorded = this.#recorded('session_depth');
    return typeof recorded === 'number' ? recorded : this.#makeUp('session_depth', 0);
  }

  command(known: ReadonlySet<string> | null): string {
    const recorded = this.#recorded('command');
    return typeof recorded === 'string' && this.#knowsCommand(known)
      ? recorded
      : this.#makeUp('command', '');
  }

  /**
   * The command in force is the last one that counts. Where more count now than did, a later one may have been passed
   * over; where fewer do and the one in force is not among them, an earlier one may be.
   */
  #knowsCommand(now: ReadonlySet<string> | null): boolean {
    const recorded = this.#recorded('command');
    if (typeof recorded !== 'string') return false;
    const { commands: then } = this.#request;
    if (then === undefined) return false;
    if (now === null) return then === null;
    if (then !== null && !now.isSubsetOf(then)) return false;
    return recorded === '' || now.has(recorded);
  }

  #hasInput(): boolean {
    return this.#request.inputTokens !== null;
  }

  #recorded(name: string): unknown {
    const { facts } = this.#request;
    return facts !== null && Object.hasOwn(facts, name) ? facts[name] : undefined;
  }

  #truth(name: string): boolean | null {
    const recorded = this.#recorded(name);
    return typeof recorded === 'boolean' ? recorded : null;
  }

  #makeUp<Fact>(name: string, fact: Fact): Fact {
    this.#madeUp ??= name;
    return fact;
  }
}
