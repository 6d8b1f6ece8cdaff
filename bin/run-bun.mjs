// Runs Bun in place of this process where Node can (no second process stays), else as a child that gets our signals.
import { spawn } from 'node:child_process';
import { findBun } from './find-bun.mjs';

/** Runs Bun with these arguments and ends as it ends. Never returns. */
export function runBun(args) {
  let bun;
  try {
    bun = findBun();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  // Bun caps simultaneous fetches at 256 unless told otherwise; a gateway's limit is its own.
  const env = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65000', ...process.env };
  const lifelines = npmShell();
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(bun, [bun, ...args], { ...env, SWITCHYARD_LIFELINES: lifelines.join() });
  }
  lifelines.push(process.pid);
  const child = spawn(bun, args, {
    stdio: 'inherit',
    env: { ...env, SWITCHYARD_LIFELINES: lifelines.join() },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

/**
 * `npm start` runs a shell that runs us. npm passes a SIGTERM on to that shell only, which dies of it without a word to
 * us: the program has to see for itself that the shell is gone.
 */
function npmShell() {
  const { npm_lifecycle_event: script, npm_package_name: name } = process.env;
  const isOurs = script === 'start' && name === 'switchyard';
  return isOurs && process.platform !== 'win32' ? [process.ppid] : [];
}
