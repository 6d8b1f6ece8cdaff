// What a promise is rejected with.

/** Throws where it is not rejected at all. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (thrown) {
    return thrown;
  }
  throw new Error('it should have failed');
}
