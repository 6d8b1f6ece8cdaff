// Every difference that remains, by class, with its reason; whatever fits none of these is unexplained and fails the test.

import type { Crossing } from './measure-replies.ts';
import type { AskedAcross } from './measure-requests.ts';

interface Explanation<T> {
  readonly reason: string;
  applies(case_: T): boolean;
}

const places = ({ different }: { readonly different: readonly { readonly path: string }[] }) =>
  different.map(({ path }) => path);
const only = (case_: Crossing | AskedAcross, ...names: readonly string[]) =>
  places(case_).every((path) => names.some((name) => path === name || path.startsWith(`${name}[`)));

const REPLIES: readonly Explanation<Crossing>[] = [
  {
    reason:
      'OpenAI’s SDK cannot put together a streamed call of a free-text tool: its helper throws, the chunks are as its maker writes them',
    applies: ({ caller, shown }) =>
      caller === 'openai-chat' &&
      shown.error?.includes('missing choices[0].tool_calls[0]') === true,
  },
  {
    reason:
      'a server whose chunks have an empty id: OpenAI’s SDK takes nothing but choices from them, so it misses the usage',
    applies: (crossing) =>
      crossing.recorded.reply.events.every(({ id }) => id === '') &&
      only(crossing, 'input', 'output'),
  },
  {
    reason: 'a fixture cut short by hand: its deltas are not the whole of the text it ends with',
    applies: ({ recorded }) => recorded.id.startsWith('openai-shell-container'),
  },
  {
    reason:
      'a recording without the count of what went in: this wire has a number there, so it is 0',
    applies: (crossing) =>
      crossing.caller === 'openai-responses' &&
      only(crossing, 'input') &&
      crossing.different[0]?.expected === null &&
      crossing.different[0].actual === 0,
  },
];

/** What the losses are called that can be behind a difference in a part of the request. */
const LOSS_OF: { readonly [part: string]: RegExp } = {
  system: /^(?:messages|input|system|response_format|output|text|instructions)/,
  turns: /^(?:messages|input|system|tools|instructions)/,
  tools: /^(?:tools|tool_choice|functions)/,
  limit: /^max_/,
  temperature: /^temperature/,
  stop: /^stop/,
  format: /^(?:response_format|output|text)/,
};

const REQUESTS: readonly Explanation<AskedAcross>[] = [
  {
    reason: 'named in `metadata.losses`',
    applies: ({ different, losses }) =>
      different.every(({ path }) =>
        losses.some((loss) => LOSS_OF[path.split('[')[0] ?? '']?.test(loss)),
      ),
  },
  {
    reason:
      'the caller allows a part of its tools, one, or none: a wire without such a choice is offered only those',
    applies: (asked) => asked.chooses && only(asked, 'tools'),
  },
  {
    reason: 'a document of plain text is told as text',
    applies: (asked) => asked.hasPlainDocument && only(asked, 'turns'),
  },
  {
    reason:
      'a picture or file in a tool’s result stands in a turn of its own on wires whose results are text',
    applies: (asked) =>
      asked.different.some(({ actual }) => /nextmessage/.test(String(actual))) &&
      only(asked, 'turns'),
  },
];

/** The reason for a difference; null where none is written down. */
export function explainedReply(crossing: Crossing): string | null {
  return REPLIES.find(({ applies }) => applies(crossing))?.reason ?? null;
}

export function explainedRequest(asked: AskedAcross): string | null {
  return REQUESTS.find(({ applies }) => applies(asked))?.reason ?? null;
}

/** Where another implementation asks otherwise than we do, and why we do. */
const OPINIONS: readonly (readonly [id: RegExp, path: RegExp, reason: string])[] = [
  [
    /textFormatJsonObject/,
    /./,
    'JSON without a schema is asked for in the system prompt: as a forced call the answer came back wrapped',
  ],
  [
    /MidConversationSystem/,
    /./,
    'instructions in the middle stay where they stood, marked as what they are',
  ],
  [
    /chat-completions_to_bedrock/,
    /system|turns/,
    'instructions go where the wire has a place for them, not into what the user says',
  ],
  [/to_bedrock/, /format/, 'an answer’s schema is asked for: the wire has a place for it'],
  [/temperatureParam .*_to_responses/, /temperature/, 'the caller’s temperature goes along'],
];

export function explainedOpinion(id: string, path: string): string | null {
  return OPINIONS.find(([ids, paths]) => ids.test(id) && paths.test(path))?.[2] ?? null;
}
