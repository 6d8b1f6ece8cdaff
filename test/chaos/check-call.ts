// What the caller must have heard, in one case.
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import { asNumber, asObject, asObjects, asString, type JsonObject } from '../../src/lib/json.ts';
import { expectedOf } from './expected.ts';
import type { Listened } from './listened.ts';
import { QUESTIONS } from './question.ts';
import type { Case } from './run-case.ts';
import { brokenLaws } from './stream-law.ts';

/** Anthropic's own status for being overloaded. */
const OVERLOADED = 529;

export function callProblems(one: Case, heard: Listened): readonly string[] {
  if (heard.broken) return ['the connection broke'];
  switch (expectedOf(one)) {
    case 'whole':
      return [...wholeProblems(one, heard), ...trailProblems(one, heard)];
    case 'as-is':
      return asIsProblems(one, heard);
    case 'error':
      return errorProblems(one, heard);
    case 'told':
      return toldProblems(one, heard);
  }
}

function wholeProblems({ fault, caller, stream }: Case, heard: Listened): readonly string[] {
  const { final, thrown } = heard;
  if (thrown !== null || final === null)
    return [`${heard.status} ${thrown?.code ?? thrown?.message ?? 'no end'}`];
  const question = QUESTIONS[fault.question ?? 'text'];
  const problems: string[] = [];
  if (heard.isStream !== stream) problems.push('not in the form asked for');
  if (heard.text !== question.text) problems.push(textProblem(heard.text, question.text));
  if (final.text !== heard.text) problems.push('the SDK joined another text than it was told');
  const called = final.calls.map(({ name, arguments: json }) => `${name}${json}`).join();
  const wanted = question.calls.map(({ name, arguments: json }) => `${name}${json}`).join();
  if (called !== wanted) problems.push(`calls: ${called || 'none'}`);
  if (new Set(final.calls.map(({ id }) => id)).size !== final.calls.length)
    problems.push('call ids are not different');
  const finish = question.calls.length > 0 ? caller.calling : caller.stopped;
  if (final.finish !== finish) problems.push(`finish: ${final.finish}`);
  if (heard.reasoning.split('This is simulated').length > 2) problems.push('reasoned twice');
  if (stream) problems.push(...brokenLaws(caller.dialect, heard.frames, false));
  return problems;
}

function textProblem(text: string, wanted: string): string {
  if (text === '') return 'no text';
  if (wanted.startsWith(text)) return 'the end of the text is missing';
  let at = 0;
  while (text[at] === wanted[at]) at += 1;
  return `text: …${text.slice(Math.max(0, at - 10), at)}│${text.slice(at, at + 20)}…`;
}

/** The attempts that the reply tells of, their sums, and that it went on. */
function trailProblems(one: Case, heard: Listened): readonly string[] {
  const { fault, stream, rescuer } = one;
  const problems: string[] = [];
  const attempts = asObjects(heard.metadata?.attempts);
  const codes = attempts.map(({ success, error }) => (success === true ? 'ok' : String(error)));
  const failed = fault.codes.length > 0 && rescuer !== null;
  const [first = 'none', ...rest] = codes;
  if (failed) {
    if (!fault.codes.some((code) => code === first)) problems.push(`attempt: ${first}`);
    if (rest.length !== 1 + (fault.between?.length ?? 0) || rest.at(-1) !== 'ok')
      problems.push(`attempts: ${codes.join()}`);
  } else if (fault.wins ? codes.toSorted().join() !== 'ok,race_lost' : codes.at(-1) !== 'ok')
    problems.push(`attempts: ${codes.join()}`);
  // Of a call that broke off inside its arguments the caller may have had nothing, and what arrives together with its
  // connection's end is lost.
  const begun = attempts[0]?.time_to_first_token_ms !== undefined;
  const shown = stream && failed && fault.strikes === 'within' && begun;
  const resumed = heard.metadata?.resumed === true;
  if (shown !== resumed && (resumed || fault.question === undefined))
    problems.push(resumed ? 'resumed, it says' : 'not resumed, it says');
  return [...problems, ...usageProblems(one, heard, attempts), ...costProblems(heard, attempts)];
}

/** An answer of several models is billed by all of them; else its usage is that of who gave it. */
function usageProblems(
  { fault, failing }: Case,
  { final, metadata }: Listened,
  attempts: readonly JsonObject[],
): readonly string[] {
  const usage = final?.usage ?? null;
  if (usage === null || usage.output === 0)
    return fault.withoutUsage?.includes(failing) ? [] : ['no usage'];
  const billed =
    metadata?.resumed === true ? attempts : attempts.filter(({ success }) => success === true);
  const sum = (field: string) =>
    billed.reduce((total, attempt) => total + (asNumber(asObject(attempt.usage)?.[field]) ?? 0), 0);
  const [input, output] = [sum('input_tokens'), sum('output_tokens')];
  return usage.input === input && usage.output === output
    ? []
    : [`usage ${usage.input}/${usage.output}, attempts ${input}/${output}`];
}

/** All attempts' together. Every model here has a price, so each attempt has a cost, if only an estimated one. */
function costProblems({ metadata }: Listened, attempts: readonly JsonObject[]): readonly string[] {
  const cost = metadata?.cost_usd;
  if (attempts.some(({ cost_usd }) => typeof cost_usd !== 'number'))
    return ["an attempt's cost is unknown"];
  const sum = attempts.reduce((total, { cost_usd }) => total + (asNumber(cost_usd) ?? 0), 0);
  return typeof cost === 'number' && Math.abs(cost - sum) < 1e-12
    ? []
    : [`cost ${String(cost)}, attempts ${sum}`];
}

function asIsProblems({ caller, fault }: Case, heard: Listened): readonly string[] {
  if (heard.thrown !== null) return [heard.thrown.code ?? heard.thrown.message];
  const begun = QUESTIONS[fault.question ?? 'text'].text.slice(0, 100);
  return [
    ...(heard.text.startsWith(begun) ? [] : ['what was said before is not there']),
    ...brokenLaws(caller.dialect, heard.frames, false),
  ];
}

function errorProblems({ fault }: Case, heard: Listened): readonly string[] {
  if (heard.isStream) return ['an error inside a 200'];
  if (heard.thrown === null) return [`${heard.status} and no error`];
  const { code, status } = heard.thrown;
  const allowed = allowedCodes(fault.codes);
  if (!allowed.some((one) => one === code)) return [`error ${code}`];
  const wanted = ERRORS[code as ErrorCode].status;
  if (status === wanted || status === OVERLOADED) return [];
  return [`status ${status} for ${code}`];
}

function toldProblems({ fault, caller }: Case, heard: Listened): readonly string[] {
  if (!heard.isStream) return [`${heard.status} before anything`];
  const problems = [...brokenLaws(caller.dialect, heard.frames, true)];
  if (heard.thrown === null) problems.push('the SDK threw nothing');
  const question = QUESTIONS[fault.question ?? 'text'];
  if (!question.text.startsWith(heard.text)) problems.push(textProblem(heard.text, question.text));
  const code = heard.frames
    .map(({ json }) => asString(asObject(json?.error)?.code) ?? asString(json?.code))
    .find(Boolean);
  if (!allowedCodes(fault.codes).some((one) => one === code)) problems.push(`error ${code}`);
  return problems;
}

/** A race that nobody else runs in ends at the usual deadline. */
function allowedCodes(codes: readonly ErrorCode[]): readonly ErrorCode[] {
  return codes.includes('race_lost') ? [...codes, 'upstream_first_token_timeout'] : codes;
}
