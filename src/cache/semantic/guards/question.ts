// Guard: another kind of question about the same: what instead of how, may I instead of should I, was instead of is.
import type { Kind } from './frame.ts';
import type { Reading } from './reading.ts';

const SHOULD = /\b(?:should|ought|must|supposed to)\b/;
const CAN = /\b(?:can|could|may|might|able|unable|possible)\b/;
const ASKS = /\b(?:how|why|where|what|who|whom|whose)\b/g;

export function questionsDiffer(asked: Reading, known: Reading): boolean {
  return (
    kindOf(asked) !== kindOf(known) ||
    asked.tense !== known.tense ||
    isOne(asked) !== isOne(known) ||
    modality(asked) !== modality(known) ||
    asksWithin(asked) !== asksWithin(known)
  );
}

const SINGLED_OUT = /(?:[a-z]{3,}est|best|worst|most|least|first|last|only|top|main)\b/;

/** The largest city is not the largest cities; a closure and closures are asked about alike. */
function isOne({ frame, content }: Reading): boolean {
  const isSingledOut = frame.kind === 'who' || SINGLED_OUT.test(content.join(' '));
  return isSingledOut && !/\b(?:are|were)\b/.test(frame.bare);
}

function kindOf({ frame, raw }: Reading): Kind {
  // "Refund policy?" asks what it is.
  if (frame.kind === 'none') return raw.endsWith('?') ? 'what' : 'do';
  return frame.kind === 'wish' ? 'do' : frame.kind;
}

function modality({ frame }: Reading): string {
  // How one does it, can do it and should do it is one question.
  if (frame.kind === 'how') return '';
  const can =
    CAN.test(frame.bare) && frame.kind !== 'where' && frame.kind !== 'do' && frame.kind !== 'none';
  const should = SHOULD.test(frame.bare) && frame.kind !== 'where' && frame.kind !== 'who';
  const would = /\bwould\b/.test(frame.bare) && frame.kind !== 'do' && frame.kind !== 'wish';
  const might = /\bmight\b/.test(frame.bare) ? 'might' : '';
  return `${might} ${should ? 'should' : ''} ${can ? 'can' : ''} ${would ? 'would' : ''}`;
}

function asksWithin({ frame }: Reading): string {
  return (frame.rest.match(ASKS) ?? []).join(' ');
}
