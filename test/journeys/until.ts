// Waiting for something to become true, and no longer than it takes.

/** Looks every 5 ms. Throws when it is still not true after `withinMs`. */
export async function until(
  what: () => boolean | Promise<boolean>,
  withinMs = 2000,
): Promise<void> {
  const startedMs = performance.now();
  while (!(await what())) {
    if (performance.now() - startedMs > withinMs)
      throw new Error(`not within ${withinMs} ms: ${what}`);
    await Bun.sleep(5);
  }
}
