// An abort: told once, to whoever still listens.
import { describe, expect, test } from 'bun:test';
import { Abort } from './abort.ts';

describe('Abort', () => {
  test('tells its first reason, once, to those who listen', () => {
    const abort = new Abort<string>();
    const heard: string[] = [];
    const gone = (reason: string) => heard.push(`gone: ${reason}`);
    abort.add((reason) => heard.push(`a: ${reason}`));
    abort.add(gone);
    abort.add((reason) => heard.push(`b: ${reason}`));
    abort.remove(gone);
    expect(abort.reason).toBeNull();
    abort.trigger('first');
    abort.trigger('second');
    expect(heard).toEqual(['a: first', 'b: first']);
    expect(abort.reason).toBe('first');
  });

  test('tells late listeners at once', () => {
    const abort = new Abort<string>();
    abort.trigger('over');
    const heard: string[] = [];
    abort.add((reason) => heard.push(reason));
    expect(heard).toEqual(['over']);
  });

  test('lets go of whoever waits for work, with its reason, and of its listener when the work is over', async () => {
    const abort = new Abort<string>();
    expect(await abort.until(Promise.resolve('done'))).toBe('done');
    expect(abort.until(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    const { promise, reject } = Promise.withResolvers<string>();
    const waiting = abort.until(promise).catch((reason: unknown) => `let go: ${reason}`);
    abort.trigger('over');
    expect(await waiting).toBe('let go: over');
    // What the work says then is nobody's to hear, and no unhandled rejection.
    reject(new Error('late'));
    expect(await abort.until(promise).catch((reason: unknown) => reason)).toBe('over');
  });

  test('a listener that removes itself or another while it is told does no harm', () => {
    const abort = new Abort<string>();
    const heard: string[] = [];
    const first = () => {
      heard.push('first');
      abort.remove(first);
      abort.remove(second);
    };
    const second = () => heard.push('second');
    abort.add(first);
    abort.add(second);
    abort.trigger('over');
    expect(heard).toEqual(['first', 'second']);
  });
});
