// Adjacent assistant turns that call tools are one turn. Some wires combine turns of one side themselves, so that callers may
// write each of several parallel calls as a turn of its own (recorded), whose results follow the last of them; others want
// every call answered right after the turn that made it.
import type { Message } from '../core/call.ts';

/** The same turns, those joined that only together are answered by what follows. The earlier one's path is kept. */
export function joinTurns(messages: readonly Message[]): Message[] {
  const joined: Message[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last && message.role === 'assistant' && last.role === 'assistant' && callsTool(last))
      joined[joined.length - 1] = { ...last, parts: [...last.parts, ...message.parts] };
    else joined.push(message);
  }
  return joined;
}

function callsTool({ parts }: Message): boolean {
  return parts.some((part) => part.type === 'tool-use');
}
