// The grammar: which words there are, what each takes and does. The README and the CLI print this table.
import type { Faults } from './behaviour.ts';
import { choice, count, flag, type Patch, text, type Word } from './word.ts';

export interface WordGroup {
  readonly title: string;
  readonly words: readonly Word[];
}

const TIMING: WordGroup = {
  title: 'Timing',
  words: [
    count('ttft', 'MS', 'first token, whole reply or error only after MS milliseconds', (n) => ({
      ttftMs: n,
    })),
    count('pace', 'N', 'N tokens a second', (n) => ({ gapMs: 1000 / n }), 0.001),
    count('gap', 'MS', 'MS milliseconds between tokens', (n) => ({ gapMs: n })),
    text('slow-after', 'K:MS', 'MS milliseconds between tokens once K are sent', readSlow),
    count(
      'keepalive',
      'MS',
      'a comment or ping every MS while nothing else comes',
      (n) => ({ keepaliveMs: n }),
      1,
    ),
    choice(
      'first-chunks',
      ['none', 'headers', 'metadata'],
      'what leaves before the wait for the first token',
      (v) => ({
        firstChunks: v,
      }),
    ),
  ],
};

const RESUMES = ['exact', 'quote', 'restart', 'preamble', 'ignore'] as const;
const PREFILLS = ['native', 'marked', 'prefix', 'afresh', 'refused'] as const;

const FIELDS = ['reasoning_content', 'reasoning', 'reasoning_details', 'none'] as const;

const ANSWER: WordGroup = {
  title: 'Answer',
  words: [
    text('say', 'TEXT', 'answers exactly TEXT (percent-encoded)', (v) => ({ say: v })),
    count('tokens', 'N', 'exactly N tokens, numbered so that a gap or a repeat shows', (n) => ({
      tokens: n,
    })),
    count('reasoning', 'N', 'N tokens of reasoning first', (n) => ({ reasoning: n })),
    choice(
      'reasoning-field',
      FIELDS,
      'where OpenAI’s wire carries it; none: only counted',
      (v) => ({ reasoningField: v }),
    ),
    flag('redacted', 'a redacted block too (Anthropic, Bedrock)', { redacted: true }),
    count('tools', 'N', 'calls N of the offered tools, unless it was just given results', (n) => ({
      tools: n,
    })),
    count('chunk', 'N', 'N characters of arguments a delta; 0: all in one', (n) => ({ chunk: n })),
    flag('interleave', 'deltas of parallel calls take turns (OpenAI)', { interleave: true }),
    flag('preface', 'some text before the tool calls', { preface: true }),
    flag('json', 'answers a JSON object, asked or not', { json: true }),
    flag('refusal', 'refuses to answer, in the vendor’s way', { refusal: true }),
    text('finish', 'REASON', 'another finish or stop reason, put in the wire’s own words', (v) => ({
      finish: v,
    })),
    text(
      'resume',
      'exact|quote|repeat:K|restart|preamble|ignore',
      'how it obeys a request to go on with an answer (README)',
      readResume,
    ),
    choice('prefill', PREFILLS, 'what becomes of a last assistant message (README)', (v) => ({
      prefill: v,
    })),
  ],
};

const USAGE_PLACES = ['vendor', 'none', 'late', 'early', 'with-delta', 'every'] as const;

const USAGE: WordGroup = {
  title: 'Usage, headers, checks',
  words: [
    choice('usage', USAGE_PLACES, 'where usage appears (README)', (v) => ({ usage: v })),
    count('cache-read', 'N', 'N more prompt tokens, read from the cache', (n) => ({
      cacheRead: n,
    })),
    count('cache-write', 'N', 'N more prompt tokens, written to the cache', (n) => ({
      cacheWrite: n,
    })),
    count('ratelimit', 'N', 'the vendor’s rate-limit headers, N requests left', (n) => ({
      ratelimit: n,
    })),
    text('headers', 'NAME:VALUE', 'one more reply header (repeatable)', readHeader),
    choice(
      'wants',
      ['nothing', 'reasoning', 'extra'],
      'tool calls must come back with their reasoning_content, or with extra_content (OpenAI)',
      (v) => ({ wants: v }),
    ),
    flag('strict', 'refuses top-level fields the vendor does not know', { strict: true }),
  ],
};

const SHAPES = ['vendor', 'object', 'empty', 'string', 'detail', 'array'] as const;

const FAULTS: WordGroup = {
  title:
    'Faults (K: after K content tokens, or all if there are fewer; end: before the very last frame; not streamed, K > 0: after half the body)',
  words: [
    count(
      'status',
      'N',
      'status N with the vendor’s error body',
      (n) => ({ faults: { status: n } }),
      100,
    ),
    text('error', 'NAME', 'a named error (README): context_length, quota, overloaded, …', (v) => ({
      faults: { error: v },
    })),
    choice('error-shape', SHAPES, 'the shape of any error body', (v) => ({
      faults: { errorShape: v },
    })),
    text('retry-after', 'S', 'retry-after header on the error', (v) => ({
      faults: { retryAfter: v },
    })),
    count('times', 'N', 'only the first N such requests fail, then it works', (n) => ({
      faults: { times: n },
    })),
    {
      name: 'reset',
      takes: '[=K]',
      says: 'TCP reset; without K before the headers',
      read: (value) => readPlace((n) => ({ reset: n }))(value === '' ? '0' : value),
    },
    flag('stall-headers', 'takes the request and never answers', {
      faults: { stallHeaders: true },
    }),
    text(
      'cut',
      'K',
      'connection closed in mid-body',
      readPlace((n) => ({ cut: n })),
    ),
    text(
      'eof',
      'K',
      'clean end of the body, without the closing events',
      readPlace((n) => ({ eof: n })),
    ),
    text('stall', 'K[:MS]', 'goes silent, socket open, for MS or for ever', readStall),
    count('malformed', 'K', 'one malformed data line, then goes on', (n) => ({
      faults: { malformed: n },
    })),
    count('damaged', 'K', 'one message with a wrong checksum (Bedrock), then goes on', (n) => ({
      faults: { damaged: n },
    })),
    text(
      'error-in-stream',
      'K[:NAME]',
      'an error event inside the 200, then the end',
      readErrorInStream,
    ),
    flag('linger', 'the connection stays open after that event', { faults: { linger: true } }),
    flag('error-in-200', 'status 200 with an error object for a body', {
      faults: { errorIn200: true },
    }),
    text('content-type', 'T', 'another content type; text/html: an HTML page too', (v) => ({
      faults: { contentType: v },
    })),
    flag('empty', 'status 200 and no body', { faults: { empty: true } }),
    flag('junk', 'status 200 and a body that is not JSON', { faults: { junk: true } }),
  ],
};

const BYTES: WordGroup = {
  title: 'Bytes',
  words: [
    flag('crlf', 'CRLF line ends', { bytes: { newline: '\r\n' } }),
    flag('cr', 'CR line ends', { bytes: { newline: '\r' } }),
    flag('comments', 'a comment before every event', { bytes: { comments: true } }),
    flag('bom', 'a byte order mark first', { bytes: { bom: true } }),
    text(
      'split',
      'N[:MS]',
      'network writes of N bytes, through frames and characters, MS apart',
      readSplit,
    ),
    flag('no-done', 'without [DONE] or message_stop', { bytes: { noDone: true } }),
    count('metadata', 'N', 'N frames without content before the first token', (n) => ({
      bytes: { metadata: n },
    })),
    flag('tight', 'data: without the space', { bytes: { tight: true } }),
    flag('gzip', 'whole replies are compressed where the client accepts it', {
      bytes: { gzip: true },
    }),
  ],
};

export const WORD_GROUPS: readonly WordGroup[] = [TIMING, ANSWER, USAGE, FAULTS, BYTES];

const WORDS: ReadonlyMap<string, Word> = new Map(
  WORD_GROUPS.flatMap((group) => group.words).map((word) => [word.name, word]),
);

/** The word of that name, if there is one. */
export function findWord(name: string): Word | undefined {
  return WORDS.get(name);
}

function readHeader(value: string): Patch | string {
  const colon = value.indexOf(':');
  if (colon < 1) return 'takes NAME:VALUE';
  return { headers: [[value.slice(0, colon).trim(), value.slice(colon + 1).trim()]] };
}

/** A count of tokens, or `end`. */
function placeOf(value: string): number {
  if (value === 'end') return Number.POSITIVE_INFINITY;
  const n = value === '' ? Number.NaN : Number(value);
  return n >= 0 ? n : Number.NaN;
}

function readPlace(set: (after: number) => Partial<Faults>): (value: string) => Patch | string {
  return (value) => {
    const after = placeOf(value);
    return Number.isNaN(after) ? 'takes a number of at least 0, or end' : { faults: set(after) };
  };
}

function readStall(value: string): Patch | string {
  const [at = '', wait] = value.split(':');
  const after = placeOf(at);
  const ms = wait === undefined ? null : Number(wait);
  if (Number.isNaN(after) || Number.isNaN(ms ?? 0)) return 'takes K or K:MS';
  return { faults: { stall: after, stallMs: ms } };
}

function readSlow(value: string): Patch | string {
  const [tokens = Number.NaN, gapMs = Number.NaN] = value.split(':').map(Number);
  if (!(tokens >= 0) || !(gapMs >= 0)) return 'takes K:MS';
  return { slowAfter: { tokens, gapMs } };
}

function readResume(value: string): Patch | string {
  const [how = '', count] = value.split(':');
  const words = Number(count);
  if (how === 'repeat' && words >= 1) return { resume: { how, words } };
  const found = RESUMES.find((one) => one === value);
  return found === undefined
    ? `takes one of ${RESUMES.join(', ')}, repeat:K`
    : { resume: { how: found } };
}

function readSplit(value: string): Patch | string {
  const [bytes = Number.NaN, ms = 0] = value.split(':').map(Number);
  if (!(bytes >= 1) || !(ms >= 0)) return 'takes N or N:MS';
  return { bytes: { split: Math.floor(bytes), splitMs: ms } };
}

function readErrorInStream(value: string): Patch | string {
  const colon = value.indexOf(':');
  const after = placeOf(colon === -1 ? value : value.slice(0, colon));
  if (Number.isNaN(after)) return 'takes K or K:NAME';
  return {
    faults: {
      errorInStream: { after, error: colon === -1 ? 'server_error' : value.slice(colon + 1) },
    },
  };
}
