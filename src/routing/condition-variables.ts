// What a router's conditions see of a request, found as they ask for it, and remembered for the log as far as it was asked for.
import type { ConditionVariables } from '../core/condition.ts';
import type { RequestFacts } from '../core/request-facts.ts';

type Fact = string | number | boolean;

/** Facts we find ourselves: a caller who knows better says so in its metadata, under the same name. */
const FOUND: {
  readonly [name: string]: (request: RequestFacts, commands: ReadonlySet<string> | null) => Fact;
} = {
  command: (request, commands) => request.command(commands),
  language: (request) => request.language(),
  complexity: (request) => request.complexity(),
  prompt_tokens: (request) => request.promptTokens(),
  session_depth: (request) => request.sessionDepth(),
  has_tools: (request) => request.survey().tools,
  has_images: (request) => request.survey().images,
};

export class RequestVariables implements ConditionVariables {
  readonly #request: RequestFacts;
  readonly #commands: ReadonlySet<string> | null;
  #messages: readonly object[] | null = null;
  #found: { [name: string]: Fact } | null = null;

  /** @param commands the slash commands that count; null: whatever looks like one */
  constructor(request: RequestFacts, commands: ReadonlySet<string> | null) {
    this.#request = request;
    this.#commands = commands;
  }

  get(name: string): unknown {
    const { metadata, user, model } = this.#request;
    switch (name) {
      case 'metadata':
        return metadata;
      case 'messages':
        return this.#turns();
      case 'user':
        // Who sends no `user` may have one among the metadata.
        return user ?? (Object.hasOwn(metadata, name) ? metadata[name] : undefined);
      case 'model':
        return model;
    }
    if (Object.hasOwn(metadata, name)) return metadata[name];
    const find = Object.hasOwn(FOUND, name) ? FOUND[name] : undefined;
    return find === undefined ? undefined : this.#find(name, find);
  }

  /** What was asked for and had to be found; null: nothing. */
  get found(): { readonly [name: string]: Fact } | null {
    return this.#found;
  }

  #find(name: string, find: (typeof FOUND)[string]): Fact {
    this.#found ??= {};
    const known = this.#found[name];
    if (known !== undefined) return known;
    const fact = find(this.#request, this.#commands);
    this.#found[name] = fact;
    return fact;
  }

  #turns(): readonly object[] {
    this.#messages ??= this.#request.survey().turns.map((turn) => ({
      role: turn.role,
      content: turn.text,
      // Found out only where somebody asks who typed what.
      get typed() {
        return turn.typed;
      },
    }));
    return this.#messages;
  }
}
