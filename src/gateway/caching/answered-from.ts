// answeredFrom: a kept answer as what a provider would have given this request: a stream that is all here, or a whole reply.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { ChatDialect } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import { UPSTREAM_DIALECTS } from '../../dialects/index.ts';
import type { Answered, WholeAnswer } from '../attempt.ts';
import type { Inbound } from '../inbound.ts';
import type { AnswerStream } from '../upstream-stream.ts';
import { eventsOf, type ReadAnswer, takeAnswer } from './read-answer.ts';
import { reissuedFrame } from './reissued-frame.ts';

const NO_HEADERS = new Headers();

/** All of it is held already: there is nothing to read. */
const READ: AnswerStream = {
  read: () => Promise.resolve(null),
  drain: () => undefined,
  cancel: () => undefined,
  redact: (error) => error,
};

/** Throws where what is kept makes no answer. @param id the reply's own, in the place of the one it was made with */
export function answeredFrom(
  kept: CachedAnswer,
  { dialect, stream }: Pick<Inbound, 'dialect' | 'stream'>,
  id: string,
): Answered {
  const answer = takeAnswer(kept);
  if (answer === null)
    throw new GatewayError('internal', 'An answer that was kept cannot be read any more.');
  const plain = kept.form !== 'events';
  const verbatim = plain && kept.wire === dialect.id && kept.askedIn === dialect.id;
  const given = {
    dialect: UPSTREAM_DIALECTS[kept.wire],
    headers: NO_HEADERS,
    plain,
    verbatim,
    continued: null,
  };
  const own = verbatim ? reissuedAnswer(kept, answer, dialect, id) : { answer, text: kept.text };
  if (!stream) return { ...given, kind: 'reply', ...wholeOf(own.answer, own.text, given, dialect) };
  if (own.answer.form === 'frames')
    return { ...given, kind: 'stream', held: own.answer.frames, stream: READ };
  if (own.answer.form === 'events') {
    const held = own.answer.events.map((event) => ({ frame: null, events: [event] }));
    return { ...given, kind: 'stream', held, stream: READ };
  }
  const { body, events } = own.answer;
  return { ...given, kind: 'reply', text: own.text, body, events };
}

/** The answer in its own words, given to somebody else. */
function reissuedAnswer(
  { text }: CachedAnswer,
  answer: ReadAnswer,
  dialect: ChatDialect,
  id: string,
): { readonly answer: ReadAnswer; readonly text: string } {
  if (answer.form === 'frames')
    return {
      answer: {
        form: 'frames',
        frames: answer.frames.map((one) => reissuedFrame(one, dialect, id)),
      },
      text,
    };
  if (answer.form === 'events') return { answer, text };
  const own = dialect.reissued(text, answer.body, id);
  if (own === text) return { answer, text };
  return { answer: { ...answer, body: JSON.parse(own) }, text: own };
}

/** On its own wire a stream is put together into the reply its provider would have given whole. */
function wholeOf(
  answer: ReadAnswer,
  text: string,
  { verbatim }: { readonly verbatim: boolean },
  dialect: ChatDialect,
): Pick<WholeAnswer, 'text' | 'body' | 'events'> {
  const events = eventsOf(answer);
  if (answer.form === 'reply') return { text, body: answer.body, events };
  if (answer.form === 'events' || !verbatim) return { text: '', body: {}, events };
  const gatherer = dialect.gatherer();
  for (const { frame, events: said } of answer.frames) {
    if (frame !== null) gatherer.push(frame);
    if (said.some(({ type }) => type === 'finish')) break;
  }
  const body = gatherer.reply();
  return { text: JSON.stringify(body), body, events };
}
