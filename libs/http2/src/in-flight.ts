/**
 * What is under way, by numbers; there are few at a time. A Map would do, but for what it keeps: of the objects that go through one of V8's Maps or Sets
 * while they overlap, most live on until the next major collection, and with a call's stream all that hangs on it.
 */
export class InFlight<V> {
  /** The first `size` count. What has been left behind is emptied and used again, never given up. */
  readonly #keys: number[] = [];
  readonly #values: (V | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): V | undefined {
    return this.#values[this.#indexOf(key)];
  }

  set(key: number, value: V): this {
    const known = this.#indexOf(key);
    const index = known < 0 ? this.#size++ : known;
    this.#keys[index] = key;
    this.#values[index] = value;
    return this;
  }

  delete(key: number): boolean {
    const index = this.#indexOf(key);
    if (index < 0) return false;
    const last = --this.#size;
    this.#keys[index] = this.#keys[last] as number;
    this.#values[index] = this.#values[last];
    this.#values[last] = undefined;
    return true;
  }

  /** The newest first, each once. What is deleted meanwhile is left out, and so is what is set meanwhile. */
  forEach(visit: (value: V, key: number) => void): void {
    const keys = this.#keys.slice(0, this.#size);
    const values = this.#values.slice(0, this.#size);
    for (let index = keys.length - 1; index >= 0; index--) {
      const [key, value] = [keys[index] as number, values[index] as V];
      if (this.get(key) === value) visit(value, key);
    }
  }

  #indexOf(key: number): number {
    // The newest come last.
    for (let index = this.#size - 1; index >= 0; index--) if (this.#keys[index] === key) return index;
    return -1;
  }
}
