// The grammar: which words there are, what each takes and does. The README and the CLI print this table.
import type { Behaviour, ErrorShape, ReasoningField, UsagePlace } from './behaviour.ts';

export interface Word {
  readonly name: string;
  /** What stands after `=`; empty for a word that stands alone. `[=K]`: may be left out. */
  readonly takes: string;
  readonly says: string;
  /** Applies the word; returns what is wrong with the value, or nothing. */
  apply(behaviour: Behaviour, value: string): string | undefined;
}

export interface WordGroup {
  readonly title: string;
  readonly words: readonly Word[];
}

type Draft = Behaviour;

function flag(name: string, says: string, set: (b: Draft) => void): Word {
  return {
    name,
    takes: '',
    says,
    apply(behaviour, value) {
      if (value !== '' && value !== 'true') return 'takes no value';
      set(behaviour);
      return undefined;
    },
  };
}

function count(
  name: string,
  takes: string,
  says: string,
  set: (b: Draft, n: number) => void,
  min = 0,
): Word {
  return {
    name,
    takes,
    says,
    apply(behaviour, value) {
      const n = Number(value === '' && takes.startsWith('[') ? 0 : value || Number.NaN);
      if (!Number.isFinite(n) || n < min) return `takes a number of at least ${min}`;
      set(behaviour, n);
      return undefined;
    },
  };
}

function choice<const T extends string>(
  name: string,
  values: readonly T[],
  says: string,
  set: (b: Draft, v: T) => void,
): Word {
  return {
    name,
    takes: values.join('|'),
    says,
    apply(behaviour, value) {
      const found = values.find((one) => one === value);
      if (found === undefined) return `takes one of ${values.join(', ')}`;
      set(behaviour, found);
      return undefined;
    },
  };
}

function text(
  name: string,
  takes: string,
  says: string,
  set: (b: Draft, v: string) => string | undefined,
): Word {
  return {
    name,
    takes,
    says,
    apply: (behaviour, value) => (value === '' ? `takes ${takes}` : set(behaviour, value)),
  };
}

const USAGE: readonly UsagePlace[] = ['vendor', 'none', 'late', 'early', 'with-delta', 'every'];
const FIELDS: readonly ReasoningField[] = [
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'none',
];
const SHAPES: readonly ErrorShape[] = ['vendor', 'object', 'empty', 'string', 'detail', 'array'];

export const WORD_GROUPS: readonly WordGroup[] = [
  {
    title: 'Timing',
    words: [
      count(
        'ttft',
        'MS',
        'first token (or whole reply, or error) after MS milliseconds',
        (b, n) => (b.ttftMs = n),
      ),
      count('pace', 'N', 'N tokens a second', (b, n) => (b.gapMs = 1000 / n), 0.001),
      count('gap', 'MS', 'MS milliseconds between tokens', (b, n) => (b.gapMs = n)),
      count(
        'keepalive',
        'MS',
        'a comment (OpenAI) or ping (Anthropic) every MS while nothing else comes',
        (b, n) => (b.keepaliveMs = n),
        1,
      ),
      choice(
        'first-chunks',
        ['none', 'headers', 'metadata'],
        'what leaves at once, before the wait for the first token',
        (b, v) => (b.firstChunks = v),
      ),
    ],
  },
  {
    title: 'Answer',
    words: [
      text('say', 'TEXT', 'answers exactly TEXT (percent-encoded)', (b, v) => void (b.say = v)),
      count(
        'tokens',
        'N',
        'an answer of exactly N tokens, numbered so that a gap shows',
        (b, n) => (b.tokens = n),
      ),
      count('reasoning', 'N', 'N tokens of reasoning first', (b, n) => (b.reasoning = n)),
      choice(
        'reasoning-field',
        FIELDS,
        'where the OpenAI wire carries it (none: counted, not shown)',
        (b, v) => (b.reasoningField = v),
      ),
      flag('redacted', 'a redacted_thinking block too (Anthropic)', (b) => (b.redacted = true)),
      count(
        'tools',
        'N',
        'calls N of the offered tools, unless the last message holds tool results',
        (b, n) => (b.tools = n),
      ),
      count(
        'chunk',
        'N',
        'N characters of arguments a delta; 0: all at once',
        (b, n) => (b.chunk = n),
      ),
      flag(
        'interleave',
        'deltas of parallel calls take turns (OpenAI)',
        (b) => (b.interleave = true),
      ),
      flag('preface', 'some text before the tool calls', (b) => (b.preface = true)),
      flag('json', 'answers a JSON object, asked or not', (b) => (b.json = true)),
      flag('refusal', 'refuses to answer, in the vendor’s way', (b) => (b.refusal = true)),
      text(
        'finish',
        'REASON',
        'another finish (stop) reason; length, content_filter and the like are put in the wire’s words',
        (b, v) => void (b.finish = v),
      ),
    ],
  },
  {
    title: 'Usage and headers',
    words: [
      choice('usage', USAGE, 'where usage appears (README)', (b, v) => (b.usage = v)),
      count(
        'cache-read',
        'N',
        'N more prompt tokens, read from the cache',
        (b, n) => (b.cacheRead = n),
      ),
      count(
        'cache-write',
        'N',
        'N more prompt tokens, written to the cache',
        (b, n) => (b.cacheWrite = n),
      ),
      count(
        'ratelimit',
        'N',
        'the vendor’s rate-limit headers, N requests left',
        (b, n) => (b.ratelimit = n),
      ),
      text('headers', 'NAME:VALUE', 'one more reply header (repeatable)', addHeader),
      flag('strict', 'refuses top-level fields the vendor does not know', (b) => (b.strict = true)),
    ],
  },
  {
    title:
      'Faults (K: after K content tokens, or all of them if there are fewer; not streamed: K>0 means after half the body)',
    words: [
      count(
        'status',
        'N',
        'answers status N with the vendor’s error body',
        (b, n) => (b.faults.status = n),
        100,
      ),
      text(
        'error',
        'NAME',
        'a named error (README): context_length, quota, overloaded, …',
        (b, v) => void (b.faults.error = v),
      ),
      choice(
        'error-shape',
        SHAPES,
        'the shape of any error body',
        (b, v) => (b.faults.errorShape = v),
      ),
      text(
        'retry-after',
        'S',
        'retry-after header on the error',
        (b, v) => void (b.faults.retryAfter = v),
      ),
      count(
        'times',
        'N',
        'only the first N such requests fail, then it works',
        (b, n) => (b.faults.times = n),
      ),
      count(
        'reset',
        '[=K]',
        'TCP reset; without K before the headers',
        (b, n) => (b.faults.reset = n),
      ),
      flag(
        'stall-headers',
        'takes the request and never answers',
        (b) => (b.faults.stallHeaders = true),
      ),
      count('cut', 'K', 'connection closed in mid-body', (b, n) => (b.faults.cut = n)),
      count(
        'eof',
        'K',
        'body ends cleanly, without the vendor’s closing events',
        (b, n) => (b.faults.eof = n),
      ),
      text('stall', 'K[:MS]', 'goes silent, socket open; for MS, or for ever', readStall),
      count(
        'malformed',
        'K',
        'one malformed data line, then goes on',
        (b, n) => (b.faults.malformed = n),
      ),
      text(
        'error-in-stream',
        'K[:NAME]',
        'an error event inside the 200, then the end',
        readErrorInStream,
      ),
      flag(
        'error-in-200',
        'status 200 with an error object for a body',
        (b) => (b.faults.errorIn200 = true),
      ),
      text(
        'content-type',
        'T',
        'another content type; text/html: an HTML page for a body',
        (b, v) => void (b.faults.contentType = v),
      ),
      flag('empty', 'status 200 and no body', (b) => (b.faults.empty = true)),
      flag('junk', 'status 200 and a body that is not JSON', (b) => (b.faults.junk = true)),
    ],
  },
  {
    title: 'Bytes of a stream',
    words: [
      flag('crlf', 'CRLF line ends', (b) => (b.bytes.newline = '\r\n')),
      flag('cr', 'CR line ends', (b) => (b.bytes.newline = '\r')),
      flag('comments', 'a comment line before every event', (b) => (b.bytes.comments = true)),
      flag('bom', 'a byte order mark first', (b) => (b.bytes.bom = true)),
      count(
        'split',
        'N',
        'network writes of N bytes, through frames and characters',
        (b, n) => (b.bytes.split = n),
        1,
      ),
      flag('no-done', 'without [DONE] / message_stop', (b) => (b.bytes.noDone = true)),
      count(
        'metadata',
        'N',
        'N frames without content before the first token',
        (b, n) => (b.bytes.metadata = n),
      ),
      flag('tight', 'data: without the space', (b) => (b.bytes.tight = true)),
      flag(
        'gzip',
        'whole replies are compressed where the client accepts it',
        (b) => (b.bytes.gzip = true),
      ),
    ],
  },
];

const WORDS: ReadonlyMap<string, Word> = new Map(
  WORD_GROUPS.flatMap((group) => group.words).map((word) => [word.name, word]),
);

/** The word of that name, if there is one. */
export function findWord(name: string): Word | undefined {
  return WORDS.get(name);
}

function addHeader(b: Draft, value: string): string | undefined {
  const colon = value.indexOf(':');
  if (colon < 1) return 'takes NAME:VALUE';
  b.headers = [...b.headers, [value.slice(0, colon).trim(), value.slice(colon + 1).trim()]];
  return undefined;
}

function readStall(b: Draft, value: string): string | undefined {
  const [after, ms] = value.split(':').map(Number);
  if (after === undefined || Number.isNaN(after) || Number.isNaN(ms ?? 0)) return 'takes K or K:MS';
  b.faults.stall = after;
  b.faults.stallMs = ms ?? null;
  return undefined;
}

function readErrorInStream(b: Draft, value: string): string | undefined {
  const colon = value.indexOf(':');
  const after = Number(colon === -1 ? value : value.slice(0, colon));
  if (Number.isNaN(after)) return 'takes K or K:NAME';
  b.faults.errorInStream = { after, error: colon === -1 ? 'server_error' : value.slice(colon + 1) };
  return undefined;
}
