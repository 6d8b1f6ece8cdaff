// Tool calls that cross from one dialect to another must be whole: clients of the other one parse them, and would run a
// broken call with nothing in it. On the same wire they pass as they came, for the caller to judge.
import type { Tool } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import { asArray, asObject, parseJson } from '../lib/json.ts';

export class ToolCallCheck {
  readonly #needy: ReadonlySet<string>;
  #name = '';
  #arguments: string | null = null;
  #broken = false;

  /** @param needy the tools that cannot be called without arguments. */
  constructor(needy: ReadonlySet<string> = new Set()) {
    this.#needy = needy;
  }

  /** The error an answer ends with when a call in it was broken; cut at its length limit it ends as what it is. */
  observe(event: ChatEvent): GatewayError | null {
    switch (event.type) {
      case 'block-start':
        this.#arguments = event.block.kind === 'tool-use' && !event.block.custom ? '' : null;
        this.#name = event.block.kind === 'tool-use' ? event.block.name : '';
        return null;
      case 'block-delta':
        if (event.delta.kind === 'arguments' && this.#arguments !== null)
          this.#arguments += event.delta.json;
        return null;
      case 'block-end':
        this.#broken ||= isBroken(this.#arguments, this.#needy.has(this.#name));
        this.#arguments = null;
        return null;
      case 'finish':
        return this.#broken && event.reason !== 'length' ? brokenCall() : null;
      case 'start':
      case 'usage':
      case 'error':
        return null;
    }
  }
}

/** The tools among these that cannot be called without arguments. */
export function needyTools(tools: readonly Tool[]): ReadonlySet<string> {
  const needy = tools.filter(
    (tool) => tool.type === 'function' && asArray(tool.parameters?.required).length > 0,
  );
  return new Set(needy.map(({ name }) => name));
}

/**
 * No arguments at all are an empty object, as several providers write one; where some are required they were lost on the
 * way(reported of a router's streams).
 */
function isBroken(text: string | null, needy: boolean): boolean {
  if (text === null) return false;
  return text.trim() === '' ? needy : asObject(parseJson(text)) === undefined;
}

function brokenCall(): GatewayError {
  return new GatewayError(
    'upstream_invalid_response',
    'The provider called a tool with arguments that are no JSON object.',
  );
}
