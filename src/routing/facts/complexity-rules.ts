// Rules: how hard a turn looks by what it asks for in plain words. Written by hand, so that turns unlike any benchmark's get a sane score.

/** Of texts in lower case: looking for either case takes ten times as long. */
const any = (words: string) => new RegExp(`(?:${words})`, 'gm');

/** Work that takes thought, in the words people ask for it. Stems, and those of a few other languages. */
const DEMANDING = any(
  '\\bprov(?:e|es|ing)\\b|\\bproof|\\bderiv|\\bdesign|\\barchitect|\\bimplement|\\brefactor|\\bdebug|\\boptimi[sz]|\\banaly[sz]|\\bcompar|\\btrade-?offs?|\\bevaluat|\\bformali[sz]|\\bmigrat|\\bdeadlock|\\brace condition|\\bconcurren|\\bdistributed|\\balgorithm|\\bcomplexity|\\bproofread|\\btheorem|\\blemma|\\binduction|\\bintegral|\\bintegrat|\\bdifferential|\\beigenv|\\bprobabilit|\\bestimat|\\bdiagnos|\\bstep[ -]by[ -]step|\\bedge cases?|\\binvariant|\\bregress|\\bschema|\\bparser?\\b|\\bcompiler|\\bthroughput|\\blatency|\\bconsisten|\\bstrateg' +
    '|demuestr|demostr|implementa|diseñ|optimiza|démontr|implément|conçois|beweis|entwirf|implementier|entwickle|dimostra|progetta|докаж|спроектир|реализуй|证明|證明|推导|设计|实现|優化|优化|証明|設計|実装|증명|설계|구현',
);
/** Proofs and derivations: short to ask for, long to give. */
const DEEP = any(
  '\\bprov(?:e|ing)\\b|\\bproof|\\bderiv|\\btheorem|\\blemma|\\bcounterexample|demuestr|demostr|démontr|beweis|dimostra|докаж|证明|證明|証明|증명',
);
/** What the answer has to keep to. */
const CONSTRAINTS = any(
  "\\bmust\\b|\\bwithout\\b|\\bat (?:least|most)\\b|\\bexactly\\b|\\bensur|\\bno more than\\b|\\brequire|\\bconstraint|\\bguarantee|\\bsubject to\\b|\\bsuch that\\b|\\bunless\\b|\\bonly if\\b|\\bshould(?:n't)?\\b|\\bhandles?\\b|\\bsupports?\\b|^[ \\t]*(?:[-*•]|\\d+[.)])\\s",
);
/** Work that a small model does as well. */
const LIGHT = any(
  "^[ \\t]*(?:hi|hello|hey|thanks?|thank you|ok(?:ay)?|yes|no|good (?:morning|evening))\\b|\\btranslat|\\bsummar|\\brewrite|\\brephrase|\\bfix (?:the )?(?:typo|grammar|spelling)|\\bcapital of\\b|\\bwhat(?: is|'s) the (?:weather|time)|\\bjoke\\b|\\brename\\b|\\bwhen (?:was|did)\\b|\\bwho (?:is|was)\\b|\\bdefin(?:e|ition)\\b|\\blist\\b|\\bconvert\\b",
);
const MATHS = /[=<>≤≥∑∫√∈∀∃→±×÷^]|\\[a-z]{2,}|\d ?[+\-*/%] ?\d/g;
const CODE =
  /```|\b(?:function|class|def|return|import|const|select|traceback|exception|struct|impl)\b|[;{}]\s*$/gm;

/** About 0 (a greeting) to 1 (a long task of many demands). */
export function ruledScore(original: string): number {
  const text = original.toLowerCase();
  const length = wordsOf(text);
  const demands = count(text, DEMANDING);
  const points =
    0.34 * saturated(Math.log2(1 + length), 8.5) +
    0.3 * saturated(demands, 3) +
    0.12 * saturated(count(text, DEEP), 1) +
    0.16 * saturated(count(text, CONSTRAINTS), 4) +
    0.1 * saturated(count(text, MATHS), 5) +
    0.08 * saturated(count(text, CODE), 6) +
    0.06 * saturated(count(text, /\d+/g), 6) +
    0.06 * saturated(count(text, /[?？]|\b(?:and|then|also)\b/g), 6);
  const light = demands === 0 ? 0.12 * saturated(count(text, LIGHT), 1) : 0;
  return Math.min(1, Math.max(0, points - light));
}

/** Languages without spaces have about two characters a word. */
function wordsOf(text: string): number {
  const spaced = count(text, /[\p{L}\p{N}]+/gu);
  const unspaced = count(text, /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]/g);
  return Math.max(spaced, unspaced / 2);
}

function saturated(amount: number, enough: number): number {
  return Math.min(1, amount / enough);
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
