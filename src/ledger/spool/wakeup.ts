// Wakeup: waiting that somebody else can end.

export class Wakeup {
  #rung = false;
  #urgent = false;
  #wake: ((urgent: boolean) => void) | null = null;

  /** @param urgent ends a `sleep` too */
  ring(urgent: boolean): void {
    this.#rung = true;
    this.#urgent ||= urgent;
    this.#wake?.(urgent);
  }

  /** Until it rings, or has since the last wait, or the time is over. */
  async heard(ms: number): Promise<void> {
    if (!this.#rung) await this.#wait(ms, false);
    this.#rung = false;
  }

  /** The whole time, unless it rings urgently, or has since the last wait. */
  async sleep(ms: number): Promise<void> {
    if (!this.#urgent) await this.#wait(ms, true);
    this.#urgent = false;
  }

  async #wait(ms: number, onlyUrgent: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = (urgent) => {
      if (urgent || !onlyUrgent) resolve();
    };
    await promise;
    this.#wake = null;
    clearTimeout(timer);
  }
}
