/** Who wants to know that something changed. */
export class Watch {
  readonly #listeners = new Set<{ readonly task: () => void }>();

  add(task: () => void): () => void {
    const listener = { task };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ring(): void {
    // Each in a turn of its own: one that throws must not keep the others, or an answer, from coming.
    for (const listener of this.#listeners)
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener.task();
      });
  }

  clear(): void {
    this.#listeners.clear();
  }
}
