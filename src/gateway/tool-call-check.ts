// Tool calls that cross from one dialect to another must be whole: clients of the other one parse them, and would run a
// broken call with nothing in it. On the same wire they pass as they came, for the caller to judge.
import { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import { asObject, parseJson } from '../lib/json.ts';

export class ToolCallCheck {
  #arguments: string | null = null;
  #broken = false;

  /** The error an answer ends with when a call in it was broken; cut at its length limit it ends as what it is. */
  observe(event: ChatEvent): GatewayError | null {
    switch (event.type) {
      case 'block-start':
        this.#arguments = event.block.kind === 'tool-use' && !event.block.custom ? '' : null;
        return null;
      case 'block-delta':
        if (event.delta.kind === 'arguments' && this.#arguments !== null)
          this.#arguments += event.delta.json;
        return null;
      case 'block-end':
        this.#broken ||= isBroken(this.#arguments);
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

/** No arguments at all are an empty object, as several providers write one. */
function isBroken(text: string | null): boolean {
  return text !== null && text.trim() !== '' && asObject(parseJson(text)) === undefined;
}

function brokenCall(): GatewayError {
  return new GatewayError(
    'upstream_invalid_response',
    'The provider called a tool with arguments that are no JSON object.',
  );
}
