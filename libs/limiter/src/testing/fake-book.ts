import type { QuotaBook } from '@sheaf/store';

/** A book in memory that counts how it is asked, and fails when told to. */
export class FakeBook implements QuotaBook {
  readonly #used = new Map<string, number>();
  asked = 0;
  broken = false;

  async reserve(key: string, window: string, amount: number, max: number): Promise<number> {
    this.asked++;
    await this.#arrive();
    const used = this.usedNow(key, window);
    const granted = Math.max(0, Math.min(amount, max - used));
    this.#used.set(`${window} ${key}`, used + granted);
    return granted;
  }

  async giveBack(key: string, window: string, amount: number): Promise<void> {
    await this.#arrive();
    this.#used.set(`${window} ${key}`, this.usedNow(key, window) - amount);
  }

  async used(key: string, window: string): Promise<number> {
    await this.#arrive();
    return this.usedNow(key, window);
  }

  usedNow(key: string, window: string): number {
    return this.#used.get(`${window} ${key}`) ?? 0;
  }

  async #arrive(): Promise<void> {
    await new Promise(setImmediate);
    if (this.broken) throw new Error('database is locked');
  }
}
