// Ending with whoever started us: a launcher or npm's shell that is killed passes no signal on, and must leave nothing behind.

const LOOK_EVERY_MS = 200;

/** Calls `gone` once, when a process named in SWITCHYARD_LIFELINES (ids, set by the launcher) has ended. */
export function watchLifelines(gone: () => void): void {
  const pids = (process.env.SWITCHYARD_LIFELINES ?? '').split(',').map(Number);
  const parent = process.ppid;
  const watched = pids.filter((pid) => pid > 1);
  if (watched.length === 0) return;
  const timer = setInterval(() => {
    if (watched.every((pid) => isAlive(pid, parent))) return;
    clearInterval(timer);
    gone();
  }, LOOK_EVERY_MS);
  timer.unref();
}

function isAlive(pid: number, parent: number): boolean {
  // A parent that ended may still be listed until somebody collects it; we have another parent by then.
  if (pid === parent && process.ppid !== parent) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
