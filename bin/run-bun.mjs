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
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(bun, [bun, ...args], env);
  }
  const child = spawn(bun, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
