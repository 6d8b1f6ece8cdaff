// Tool names a wire refuses, written as ones it takes: the same name the same way each time, and turned back in the answer
// by `Disguise.toolNames`. Callers' own wires allow names that others do not: dots, dashes, more characters.
import type { ChatCall, Message, Part, Tool } from '../core/call.ts';

/** What a wire takes for the name of a function. */
export interface NameLimits {
  readonly pattern: RegExp;
  readonly maxChars: number;
}

export interface TakenNames {
  readonly call: ChatCall;
  /** The caller's names by those on the wire; empty where every name is taken as it is. */
  readonly toolNames: { readonly [onTheWire: string]: string };
}

/** The call with names the wire takes. Its maker's own tools keep theirs. */
export function withTakenNames(call: ChatCall, limits: NameLimits): TakenNames {
  const toolNames: { [onTheWire: string]: string } = {};
  const fit = (name: string): string => {
    const taken = takenName(name, limits);
    if (taken !== name) toolNames[taken] = name;
    return taken;
  };
  const tools = call.tools.map((tool): Tool => {
    return tool.type === 'opaque' ? tool : { ...tool, name: fit(tool.name) };
  });
  const messages = call.messages.map((message): Message => {
    const part = (one: Part): Part =>
      one.type === 'tool-use' ? { ...one, name: fit(one.name) } : one;
    return { ...message, parts: message.parts.map(part) };
  });
  const toolChoice = fitChoice(call, fit);
  if (Object.keys(toolNames).length === 0) return { call, toolNames };
  return { call: { ...call, tools, messages, toolChoice }, toolNames };
}

/** The name of one of the maker's own tools stays what it is. */
function fitChoice(
  { tools, toolChoice }: ChatCall,
  fit: (name: string) => string,
): ChatCall['toolChoice'] {
  if (toolChoice?.type !== 'tool') return toolChoice;
  const own = tools.some((tool) => tool.type === 'opaque' && tool.name === toolChoice.name);
  return own ? toolChoice : { ...toolChoice, name: fit(toolChoice.name) };
}

const HASH_CHARS = 8;

/** Readable, since the model goes by it; told from every other name by the hash of the whole. */
function takenName(name: string, { pattern, maxChars }: NameLimits): string {
  if (name.length <= maxChars && pattern.test(name)) return name;
  const letters = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
  const begun = /^[A-Za-z_]/.test(letters) ? letters : `_${letters}`;
  const hash = Bun.hash.wyhash(name).toString(16).padStart(16, '0').slice(0, HASH_CHARS);
  return `${begun.slice(0, maxChars - HASH_CHARS - 1)}_${hash}`;
}
