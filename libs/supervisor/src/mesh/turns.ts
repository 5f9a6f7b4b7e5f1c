/** Changes of a mesh: one after another, and none before `begun`. */
export class Turns {
  #last: Promise<unknown>;

  constructor(begun: Promise<void>) {
    this.#last = begun;
  }

  take<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change, change);
    this.#last = done;
    return done;
  }

  /** Resolves when the last that was asked for has ended, well or not. */
  async ended(): Promise<void> {
    await this.#last.catch(() => {});
  }
}
