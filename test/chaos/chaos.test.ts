// Every fault, at one pair of wires for each caller and form (`npm run chaos` plays them at all): whatever can survive does.
// And that the checks see what is wrong, where something is.
import { describe, expect, test } from 'bun:test';
import { chatCaller } from './call-chat.ts';
import { callProblems } from './check-call.ts';
import { FAULTS } from './faults.ts';
import type { Listened } from './listened.ts';
import { QUESTIONS } from './question.ts';
import { failuresOf } from './report.ts';
import type { Case } from './run-case.ts';
import { casesOf, runChaos } from './run-chaos.ts';
import { brokenLaws } from './stream-law.ts';

test('whatever can survive does', async () => {
  const ran = await runChaos(casesOf('some'));
  expect(failuresOf(ran)).toEqual([]);
  expect(new Set(ran.map(({ one }) => one.fault)).size).toBe(FAULTS.length);
}, 60_000);

describe('the checks can fail', () => {
  const fault = FAULTS.find(({ name }) => name === 'cut in the text');
  if (!fault) throw new Error('there is one of that name');
  const one: Case = {
    number: 1,
    fault,
    caller: chatCaller,
    stream: false,
    failing: 'gemini',
    rescuer: 'cohere',
  };
  const { text } = QUESTIONS.text;
  const attempt = (more: object) => ({
    usage: { input_tokens: 1, output_tokens: 2 },
    cost_usd: 1,
    ...more,
  });
  const heard = (more: Partial<Listened> = {}): Listened => ({
    status: 200,
    isStream: false,
    raw: '',
    frames: [],
    thrown: null,
    generationId: 'g',
    broken: false,
    text,
    reasoning: '',
    final: { text, calls: [], finish: 'stop', usage: { input: 1, output: 2 } },
    metadata: {
      attempts: [
        attempt({ success: false, error: 'upstream_stream_truncated' }),
        attempt({ success: true }),
      ],
      cost_usd: 2,
    },
    ...more,
  });
  const said = (words: string) => ({
    text: words,
    final: { text: words, calls: [], finish: 'stop', usage: { input: 1, output: 2 } },
  });

  test('a good answer has no problem', () => {
    expect(callProblems(one, heard())).toEqual([]);
  });

  test.each([
    ['a word twice', said(text.replace(' 30', ' 30 30')), 'text: …28 29 30 3│'],
    ['a word missing', said(text.replace(' 30', '')), 'text: …'],
    ['the end missing', said(text.slice(0, -3)), 'the end of the text is missing'],
    ['another cost', { metadata: { ...heard().metadata, cost_usd: 1 } }, 'cost 1, attempts 2'],
    ['no end', { final: null }, '200 no end'],
  ])('%s', (_, more, problem) => {
    expect(callProblems(one, heard(more)).join()).toContain(problem);
  });

  test('an end after an error, a second beginning, another id', () => {
    const frame = (json: object) => ({
      event: null,
      data: JSON.stringify(json),
      json: { ...json },
    });
    const chunk = (id: string, delta: object) =>
      frame({ id, choices: [{ index: 0, delta, finish_reason: null }] });
    const done = { event: null, data: '[DONE]', json: undefined };
    const error = frame({ error: { code: 'upstream_error' } });
    const begun = chunk('a', { role: 'assistant' });
    expect(brokenLaws('openai-chat', [begun, error], true)).toEqual([]);
    expect(brokenLaws('openai-chat', [begun, error, done], true)).toEqual([
      '[DONE]: 1 instead of 0',
      'error last: false instead of true',
    ]);
    const twice = [begun, chunk('b', { role: 'assistant' }), error];
    expect(brokenLaws('openai-chat', twice, true)).toEqual([
      'starts: 2 instead of 1',
      'ids: 2 instead of 1',
    ]);
  });
});
