// Which faults share a row of the table: those that come to the same.

const ROWS: readonly (readonly [row: string, names: readonly string[]])[] = [
  [
    'status 401, 402, 403, 404, 408, 413, 429, 500, 503, 529',
    ['401', '402', '403', '404', '408', '413', '429', '500', '503', '529'],
  ],
  [
    'connection refused, or reset before the headers',
    ['connection refused', 'reset before the headers'],
  ],
  [
    '200 with an error, HTML or nothing for a body',
    ['200 with an error for a body', '200 with HTML', '200 with nothing'],
  ],
  [
    'stream over before its first token',
    ['cut before the first event', 'end before the first event', 'cut after metadata frames'],
  ],
  ['error event before the first token', ['error event first', '429 as an event first']],
  [
    'no first token in time: no headers, no events, metadata only',
    ['no headers in time', 'no first token in time', 'metadata, then no token'],
  ],
  [
    'the same in a race, won late, and a 503 in one',
    ['no first token, race', 'no headers, race', '503 in a race', 'late, but first in a race'],
  ],
  [
    'text cut: after a word, in the middle, after the last; reset; end without an end',
    [
      'cut in the text',
      'cut in the text, first token awaited',
      'cut after the first word',
      'reset in the text',
      'end without an end',
      'cut after the last word',
    ],
  ],
  [
    'error event in the text: overloaded, 429, connection left open',
    ['overloaded in the text', '429 in the text', 'error event, left open'],
  ],
  [
    'nothing missing but form: no end frame, a malformed line',
    ['end after the finish, no end frame', 'a malformed line'],
  ],
  [
    'cut in the reasoning, after it, in the text after it',
    ['cut in the reasoning', 'cut after the reasoning', 'cut in text after reasoning'],
  ],
  [
    'cut or silence in a tool call',
    [
      'cut before a tool call',
      'cut in a tool call',
      'cut in a tool call, first token awaited',
      'silence in a tool call',
    ],
  ],
  ['cut between or in parallel calls', ['cut between tool calls', 'cut in the second call']],
  [
    'the next one begins elsewhere than it was asked to, or anew',
    [
      'the next one begins after the quote',
      'the next one repeats three words',
      'the next one says all of it again',
    ],
  ],
  [
    'the next one breaks off too, or is down',
    ['the next one breaks off too', 'the next one is down, a third is not'],
  ],
  [
    'cut or silence in structured output',
    ['cut in structured output', 'silence in structured output'],
  ],
];

const EVERY_TOKEN = /^cut after token \d+ of prose$/;

const BY_NAME: ReadonlyMap<string, string> = new Map(
  ROWS.flatMap(([row, names]) => names.map((name) => [name, row])),
);

/** The row a fault is counted in; one of its own where no other is like it. */
export function rowOf(name: string): string {
  if (EVERY_TOKEN.test(name)) return 'prose cut after every token';
  return BY_NAME.get(name) ?? name;
}
