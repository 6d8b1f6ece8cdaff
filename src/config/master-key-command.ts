// runKeyCommand: asks a secret manager's own command for the master key, without a shell; what it prints is the key and is never shown.
import { spawnSync } from 'node:child_process';
import { GatewayError } from '../core/errors.ts';

const TIME_LIMIT_MS = 10_000;
/** A key is some tens of bytes. */
const MAX_OUTPUT_BYTES = 64 * 1024;
const NAME = 'SWITCHYARD_MASTER_KEY_COMMAND';

type Environment = { readonly [name: string]: string | undefined };

/** What it printed. Throws `invalid_request`: what failed, and neither what it printed nor its arguments. */
export function runKeyCommand(
  line: string,
  environment: Environment,
  limitMs = TIME_LIMIT_MS,
): string {
  const [program, ...args] = commandWords(line);
  if (program === undefined) throw failed('the command', 'is empty');
  const done = spawnSync(program, args, {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
    encoding: 'utf8',
  });
  const code = done.error !== undefined && 'code' in done.error ? String(done.error.code) : '';
  if (code === 'ENOENT')
    throw failed(program, 'is not there: give its whole path, or put its folder into PATH');
  if (code === 'EACCES') throw failed(program, 'may not be run by this user');
  if (code === 'ENOBUFS') throw failed(program, `printed more than ${MAX_OUTPUT_BYTES} bytes`);
  if (code === 'ETIMEDOUT' || done.signal === 'SIGKILL')
    throw failed(
      program,
      `did not end within ${limitMs / 1000} s and was stopped: it may be waiting for somebody to sign in`,
    );
  if (done.error !== undefined) throw failed(program, `could not be run (${code})`);
  if (done.signal !== null) throw failed(program, `was ended by ${done.signal}`);
  if (done.status !== 0)
    throw failed(
      program,
      `ended with ${done.status}: run it by hand as the same user to see what it says`,
    );
  const text = done.stdout.trim();
  if (text === '') throw failed(program, 'printed nothing');
  return text;
}

/** Words as a shell reads them, with both kinds of quotes and the backslash, and nothing else of a shell's. */
export function commandWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === quote) quote = null;
    else if (quote === null && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (char === '\\' && quote !== "'") {
      at += 1;
      word = (word ?? '') + line.charAt(at);
    } else if (quote === null && /\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (quote !== null) throw failed('the command', `has a quote (${quote}) that is not closed`);
  if (word !== null) words.push(word);
  return words;
}

function failed(program: string, what: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `The master key cannot be had: ${program} (${NAME}) ${what}.`,
  );
}
