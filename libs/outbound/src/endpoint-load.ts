import type { Load } from '@sheaf/inference';

/** What a server said of its load counts for so long. */
const loadValidMs = 1_000;

interface Told {
  readonly load: Load;
  readonly at: number;
}

/** How busy an endpoint is: by our own calls that are on their way, and by what it told with its last answers. */
export class EndpointLoad {
  readonly #now: () => number;
  /** By model: what it told last. A service has as many as its folder names. */
  readonly #told = new Map<string, Told>();
  #outstanding = 0;
  /** Calls of others that it had when it answered last. */
  #others = 0;
  #othersAt = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds on a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Our own calls that it has not answered. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Calls that it has to answer before another one. */
  get busy(): number {
    return this.#outstanding + (this.#isValid(this.#othersAt) ? this.#others : 0);
  }

  /** Of the places for calls that wait, the part that is taken; 0 where it has not told within the last second. */
  utilization(model: string): number {
    const told = this.#told.get(model);
    return (told && this.#isValid(told.at) && told.load.utilization) || 0;
  }

  /** How long a run of so many rows usually takes; undefined while it has not told. */
  usualMs(model: string, rows: number): number | undefined {
    const { fixedMs = 0, rowMs = 0 } = this.#told.get(model)?.load ?? {};
    return fixedMs + rowMs > 0 ? fixedMs + rows * rowMs : undefined;
  }

  begin(): void {
    this.#outstanding++;
  }

  end(): void {
    this.#outstanding--;
  }

  /** With an answer, before its call ends: `load.calls` has our own others. */
  tell(load: Load, model: string): void {
    const at = this.#now();
    this.#told.set(model, { load, at });
    this.#others = Math.max(0, load.calls - this.#outstanding);
    this.#othersAt = at;
  }

  #isValid(at: number): boolean {
    return this.#now() - at < loadValidMs;
  }
}
