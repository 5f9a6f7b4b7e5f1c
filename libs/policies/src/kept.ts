import type { Journal } from '@sheaf/inference';

/** What requests have left in rates by tries that ran nothing. What is asked next for the same request, as a fallback, does not leave it again. */
export class Kept {
  readonly #byRequest = new WeakMap<Journal, Map<string, number>>();

  note(journal: Journal, key: string, amount: number): void {
    const kept = this.#byRequest.get(journal) ?? new Map<string, number>();
    this.#byRequest.set(journal, kept);
    kept.set(key, (kept.get(key) ?? 0) + amount);
  }

  /** By key of the bucket; undefined where nothing was, as nearly always. */
  find(journal: Journal): ReadonlyMap<string, number> | undefined {
    return this.#byRequest.get(journal);
  }
}
