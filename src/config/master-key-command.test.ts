// The command of a secret manager: run without a shell, within its time, and silent about what it printed.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import { readMasterKeys } from './master-key.ts';
import { commandWords, runKeyCommand } from './master-key-command.ts';

const ENVIRONMENT = { PATH: process.env.PATH, PLANTED: 'planted' };
const KEY = Buffer.alloc(32, 3).toString('base64');

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown.message;
    throw thrown;
  }
  return '';
}

test('words are those of a shell, and nothing else of it', () => {
  const words = (line: string) => commandWords(line);
  expect(words(` op  read "op://a b/key" 'it is' a\\ b ""`)).toEqual([
    ...['op', 'read', 'op://a b/key', 'it is', 'a b', ''],
  ]);
  expect(words('echo $HOME | cat; x')).toEqual(['echo', '$HOME', '|', 'cat;', 'x']);
  expect(words(`a"b 'c'"d`)).toEqual([`ab 'c'd`]);
  expect(refusal(() => words('a "b'))).toContain('not closed');
});

describe('the command', () => {
  test('gives the key, with the environment it needs', () => {
    expect(runKeyCommand(`echo ${KEY}`, ENVIRONMENT)).toBe(KEY);
    expect(runKeyCommand('sh -c "echo $PLANTED"', ENVIRONMENT)).toBe('planted');
    const { current } = readMasterKeys({
      ...ENVIRONMENT,
      SWITCHYARD_MASTER_KEY_COMMAND: `echo ${KEY}`,
    });
    expect(Buffer.from(current ?? []).toString('base64')).toBe(KEY);
  });

  test('that fails is told by its name and what became of it, never by what it printed', () => {
    const run = (line: string, limitMs?: number) =>
      refusal(() => runKeyCommand(line, ENVIRONMENT, limitMs));
    expect(run('sh -c "echo planted; echo planted >&2; exit 3"')).toContain(
      'sh (SWITCHYARD_MASTER_KEY_COMMAND) ended with 3',
    );
    expect(run('no-such-program planted')).toContain('is not there');
    expect(run('true')).toContain('printed nothing');
    expect(run('sh -c "kill -9 $$"')).not.toBe('');
    expect(run('sh -c "echo planted; sleep 30"', 200)).toContain('did not end within 0.2 s');
    for (const line of [
      'sh -c "echo planted; exit 3"',
      'no-such-program planted',
      'sh -c "echo planted; sleep 30"',
    ])
      expect(run(line, 200)).not.toContain('planted');
    const short = { ...ENVIRONMENT, SWITCHYARD_MASTER_KEY_COMMAND: 'echo planted' };
    expect(refusal(() => readMasterKeys(short))).toContain(
      'what SWITCHYARD_MASTER_KEY_COMMAND printed has 5 bytes',
    );
  });

  test('stands alone: two places for one key are a mistake', () => {
    const both = { SWITCHYARD_MASTER_KEY: KEY, SWITCHYARD_MASTER_KEY_COMMAND: 'echo x' };
    expect(refusal(() => readMasterKeys(both))).toContain('are both set');
    const all = { ...both, SWITCHYARD_MASTER_KEY_FILE: '/x' };
    expect(refusal(() => readMasterKeys(all))).toContain('are all set');
  });
});
