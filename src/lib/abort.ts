// Abort: one reason, told once to whoever listens. What an AbortSignal says, without the platform's event machinery:
// a controller with a listener costs microseconds and garbage, so a real one is made only where `fetch` wants it.

export class Abort<Reason> {
  #reason: Reason | null = null;
  #listeners: ((reason: Reason) => void)[] = [];

  /** Null while it has not been aborted. */
  get reason(): Reason | null {
    return this.#reason;
  }

  /** The first reason counts; later ones are not told. */
  trigger(reason: Reason): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(reason);
  }

  /** Tells the listener the reason: at once where there is one already. */
  add(listener: (reason: Reason) => void): void {
    if (this.#reason === null) this.#listeners.push(listener);
    else listener(this.#reason);
  }

  /** Settles as the work does, or rejects with the reason as soon as there is one: whoever waits is let go, the work goes on alone. */
  async until<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.add(reject);
    try {
      return await Promise.race([promise, work]);
    } finally {
      this.remove(reject);
    }
  }

  remove(listener: (reason: Reason) => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at !== -1) this.#listeners.splice(at, 1);
  }
}
