// What users typed is looked for when somebody reads it, and once.
import { expect, test } from 'bun:test';
import type { Turn } from '../core/survey.ts';
import { SurveyNotes } from './survey-notes.ts';

function surveyed(role: Turn['role'], texts: readonly string[]): Turn | undefined {
  const notes = new SurveyNotes();
  notes.turn(role, texts);
  const nothing = { tools: false, structured: false, reasoning: false, maxOutput: null };
  return notes.survey(nothing).turns[0];
}

test('it is found when it is read, and not again', () => {
  const texts = ['before'];
  const turn = surveyed('user', texts);
  texts[0] = '<system-reminder>x</system-reminder> after';
  expect(turn?.typed).toBe('after');
  texts[0] = 'later';
  expect(turn?.typed).toBe('after');
  expect(turn?.text).toBe('before');
});

test('nothing typed is not looked for again either', () => {
  const texts = [''];
  const turn = surveyed('user', texts);
  expect(turn?.typed).toBeNull();
  texts[0] = 'later';
  expect(turn?.typed).toBeNull();
});

test('a turn is its three members, however it came by them', () => {
  const turn = surveyed('user', ['a', 'b']);
  expect(turn).toEqual({ role: 'user', text: 'a\nb', typed: 'a\nb' });
  expect({ ...turn }).toStrictEqual({ role: 'user', text: 'a\nb', typed: 'a\nb' });
  expect(JSON.stringify(turn)).toBe('{"role":"user","text":"a\\nb","typed":"a\\nb"}');
  expect(turn).not.toEqual({ role: 'user', text: 'a\nb', typed: 'a' });
});

test('what others said was typed by nobody', () => {
  expect(surveyed('assistant', ['/review'])).toEqual({
    role: 'assistant',
    text: '/review',
    typed: null,
  });
});
