// What the exact cache is measured with: a request of each dialect, streamed or whole, small or large, kept on its own wire or another.
import { KEY } from '../rig.ts';

type Caller = 'chat' | 'messages' | 'responses';

export interface ExactCase {
  readonly caller: Caller;
  /** The wire of whoever answered. */
  readonly wire: Caller;
  readonly stream: boolean;
  /** Pieces of text in the answer. */
  readonly tokens: number;
}

const SMALL = 20;
const LARGE = 500;

const OTHER: { readonly [C in Caller]: Caller } = {
  chat: 'messages',
  messages: 'chat',
  responses: 'chat',
};
const CALLERS: readonly Caller[] = ['chat', 'messages', 'responses'];

/** What there is a goal for: each dialect on its own wire, streamed and whole. */
export const ASKED: readonly ExactCase[] = CALLERS.flatMap((caller) =>
  [true, false].map((stream) => ({ caller, wire: caller, stream, tokens: SMALL })),
);

/** And larger answers, and those that came on another wire. */
export const ALL: readonly ExactCase[] = [
  ...ASKED,
  ...ASKED.map((one) => ({ ...one, tokens: LARGE })),
  ...ASKED.map((one) => ({ ...one, wire: OTHER[one.caller] })),
  ...ASKED.map((one) => ({ ...one, wire: OTHER[one.caller], tokens: LARGE })),
];

const PATHS: { readonly [C in Caller]: string } = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
};

const SYSTEM = 'You are a helpful assistant. Answer briefly.';
const QUESTION = 'What does a railway switchyard do, and why would one need it?';

export interface Asking {
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** The request as the gateway gets it. */
export function askingOf(one: ExactCase): Asking {
  const { caller, wire, tokens } = one;
  return asking(one, `${wire}/fast+tokens=${tokens}`, caller);
}

/** The same question as the provider itself would be asked it. */
export function directAsking(one: ExactCase): Asking {
  return asking(one, `fast+tokens=${one.tokens}`, one.wire);
}

function asking({ stream }: ExactCase, model: string, wire: Caller): Asking {
  return {
    path: PATHS[wire],
    headers:
      wire === 'messages'
        ? [`x-api-key: ${KEY}`, 'anthropic-version: 2023-06-01']
        : [`authorization: Bearer ${KEY}`],
    body: JSON.stringify({ model, stream, ...words(wire) }),
  };
}

function words(wire: Caller): object {
  const user = { role: 'user', content: QUESTION };
  if (wire === 'chat')
    return { max_tokens: 1000, messages: [{ role: 'system', content: SYSTEM }, user] };
  if (wire === 'messages') return { max_tokens: 1000, system: SYSTEM, messages: [user] };
  return { max_output_tokens: 1000, instructions: SYSTEM, input: [user] };
}

/** The least of server-sent events in a good reply; null: it is no stream. */
export function leastEvents({ stream, tokens }: ExactCase): number | null {
  return stream ? tokens : null;
}

export function titleOf({ caller, wire, stream, tokens }: ExactCase): string {
  const from = caller === wire ? '' : ` from ${wire}`;
  return `${caller}${from}, ${stream ? 'streamed' : 'whole'}, ${tokens}`;
}
