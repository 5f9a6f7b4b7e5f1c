/** Tasks that must not run at the same time: one after another, in the order in which they were asked for. One that fails does not keep the next. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the task does. */
  take<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Resolves when the last that was asked for has ended, well or not. */
  async ended(): Promise<void> {
    await this.#last;
  }
}
